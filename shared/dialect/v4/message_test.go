package v4_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

func TestControl(t *testing.T) {
	for _, c := range []struct {
		list             []string
		noUnread, noLast bool
		ok               bool
	}{
		{nil, false, false, true},
		{[]string{"NoUnread"}, true, false, true},
		{[]string{"NoLastMsg"}, false, true, true},
		{[]string{"WithMuteNotifications"}, false, false, true},
		{[]string{"NoLastMsg", "NoUnread", "NoUnread"}, true, true, true},
		{[]string{"nounread"}, false, false, false},
		{[]string{""}, false, false, false},
		{[]string{"NoUnread", "Other"}, false, false, false},
	} {
		noUnread, noLast, err := v4.Control(c.list)
		if noUnread != c.noUnread || noLast != c.noLast || (err == nil) != c.ok {
			t.Errorf("Control(%q) = %t, %t, %v, want %t, %t, accepted %t", c.list, noUnread, noLast, err, c.noUnread, c.noLast, c.ok)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("Control(%q): %v, want invalid", c.list, err)
		}
	}
}

func TestCheckPush(t *testing.T) {
	for raw, ok := range map[string]bool{
		"":     true,
		"null": true,
		"{}":   true,
		`{"PushFlag":0,"Title":"t","Desc":"d","Ext":"e"}`: true,
		`{"PushFlag":1}`: true,
		`{"AndroidInfo":{"Sound":"s","HuaWeiChannelID":"h","XiaoMiChannelID":"x","OPPOChannelID":"o","GoogleChannelID":"g",` +
			`"VIVOClassification":0,"HuaWeiImportance":"LOW","HuaWeiCategory":"c","ExtAsHuaweiIntentParam":1}}`: true,
		`{"AndroidInfo":{"VIVOClassification":1},"ApnsInfo":{"BadgeMode":1}}`:                                true,
		`{"ApnsInfo":{"Sound":"s","BadgeMode":0,"Title":"t","SubTitle":"u","Image":"i","MutableContent":1}}`: true,
		`{"Unknown":[1],"AndroidInfo":{"PushStyle":1},"ApnsInfo":{"InterruptionLevel":"active"}}`:            true,
		`{"AndroidInfo":null,"ApnsInfo":null,"Title":null}`:                                                  true,

		`[]`:                          false,
		`"x"`:                         false,
		`7`:                           false,
		`{"PushFlag":2}`:              false,
		`{"PushFlag":-1}`:             false,
		`{"PushFlag":"1"}`:            false,
		`{"PushFlag":1.5}`:            false,
		`{"Title":7}`:                 false,
		`{"Desc":[]}`:                 false,
		`{"Ext":{}}`:                  false,
		`{"AndroidInfo":[]}`:          false,
		`{"AndroidInfo":{"Sound":1}}`: false,
		`{"AndroidInfo":{"VIVOClassification":2}}`:   false,
		`{"AndroidInfo":{"VIVOClassification":"1"}}`: false,
		`{"ApnsInfo":{"BadgeMode":3}}`:               false,
		`{"ApnsInfo":{"Title":false}}`:               false,
	} {
		err := v4.CheckPush(json.RawMessage(raw))
		if (err == nil) != ok {
			t.Errorf("CheckPush(%s) = %v, want accepted %t", raw, err, ok)
		}
		if f := v4.AsFieldError(err); err != nil && (f == nil || f.Number != 90043) {
			t.Errorf("CheckPush(%s): %v, want number 90043", raw, err)
		}
	}
}

func TestMessageOnTheWire(t *testing.T) {
	m := messages.Message{
		Key: messages.Key{Time: 1_700_000_000, Seq: 1, Random: 2}, From: "alice", To: "bob", Ordinal: 3, Generation: 9,
		Content: messages.Content{
			Elements: []messages.Element{{Kind: messages.KindText, Content: json.RawMessage(`{"Text":"hi","own":1}`)}},
			Custom:   "c", Push: []byte(`{"Title":"t"}`),
		},
		NoUnread: true, Expires: 5, Aside: true,
	}
	for _, c := range []struct {
		what string
		m    messages.Message
		want string
	}{
		{"whole", m, `{"From_Account":"alice","To_Account":"bob","MsgSeq":1,"MsgRandom":2,"MsgTime":1700000000,"MsgKey":"1_2_1700000000",` +
			`"Ordinal":3,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi","own":1}}],"CloudCustomData":"c","NoUnread":true}`},
		{"empty", messages.Message{From: "a", To: "b"}, `{"From_Account":"a","To_Account":"b","MsgSeq":0,"MsgRandom":0,"MsgTime":0,"MsgKey":"0_0_0","MsgBody":[]}`},
	} {
		got, err := json.Marshal(v4.FromMessage(c.m))
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", c.what, got, err, c.want)
		}
	}
	row := conversations.Row{
		Peer: "bob", TimeMs: 5, LastKey: &m.Key, Preview: "hi", Out: 4, In: 9, Read: 2, PeerRead: 3, Quiet: 1,
	}
	got, err := json.Marshal(v4.FromRow(row))
	want := `{"To_Account":"bob","Unread":6,"ReadOrdinal":2,"PeerReadOrdinal":3,"InOrdinal":9,"OutOrdinal":4,"TimeMs":5,` +
		`"LastMsg":{"MsgKey":"1_2_1700000000","Preview":"hi"}}`
	if err != nil || string(got) != want {
		t.Errorf("row:\ngot  %s, %v\nwant %s", got, err, want)
	}
	row = conversations.Row{Peer: "bob", DraftMs: 6, Cleared: &m.Key, Data: conversations.Data{
		PinnedMs: 7, Marks: conversations.Set(0).With(1).With(64), Custom: "c", Folders: conversations.Set(0).With(20), Option: conversations.Silent,
	}}
	got, err = json.Marshal(v4.FromRow(row))
	want = `{"To_Account":"bob","Unread":0,"ReadOrdinal":0,"PeerReadOrdinal":0,"InOrdinal":0,"OutOrdinal":0,"TimeMs":0,"PinnedMs":7,"Mark":[1,64],` +
		`"CustomMark":"c","ContactGroupId":[20],"ReceiveOption":1,"DraftMs":6,"ClearedKey":"1_2_1700000000"}`
	if err != nil || string(got) != want {
		t.Errorf("row with data:\ngot  %s, %v\nwant %s", got, err, want)
	}
	if got := v4.FromRow(conversations.Row{Preview: "hi"}).Last; got != nil {
		t.Errorf("a row without a last message shows %+v", got)
	}
}

func TestCursor(t *testing.T) {
	for _, p := range []*conversations.Position{
		{TimeMs: 0, Peer: "a"}, {Pinned: true, TimeMs: 7, Peer: "p 5"}, {TimeMs: 1_700_000_000_000, Peer: strings.Repeat("z", 32)}, {TimeMs: 1<<63 - 1, Peer: " a b "},
	} {
		text := v4.FormatCursor(p)
		got, err := v4.ParseCursor(text)
		if err != nil || got == nil || *got != *p {
			t.Errorf("ParseCursor(%q) = %+v, %v, want %+v", text, got, err, p)
		}
	}
	if got := v4.FormatCursor(nil); got != "" {
		t.Errorf("the end has cursor %q, want none", got)
	}
	if got, err := v4.ParseCursor(""); got != nil || err != nil {
		t.Errorf("no cursor is %+v, %v, want the start", got, err)
	}
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, text := range []string{
		"x", "!!", raw("p5"), raw("pp5 a"), raw("p 5 a"), raw("5"), raw(" a"), raw("5 "), raw("-1 a"), raw("+5 a"), raw("05 a"), raw("5  \x01"), raw("5.0 a"),
		raw("9223372036854775808 a"), raw("5 " + strings.Repeat("z", 33)), raw("5 é"), raw("5 a") + "=", raw("5 a") + "\n",
		raw("5 " + strings.Repeat("z", 100)), base64.StdEncoding.EncodeToString([]byte("5 abc~~")),
	} {
		if got, err := v4.ParseCursor(text); !fault.Is(err, fault.Invalid) || got != nil {
			t.Errorf("ParseCursor(%q) = %+v, %v, want invalid", text, got, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("", int64(5), "bob")
	f.Add(v4.FormatCursor(&conversations.Position{TimeMs: 1_700_000_000_000, Peer: "a b#~"}), int64(0), " ")
	f.Add("NSBh", int64(1<<62), strings.Repeat("z", 32))
	f.Add("NSBh\n", int64(-1), "")
	f.Fuzz(func(t *testing.T, text string, ms int64, peer string) {
		got, err := v4.ParseCursor(text)
		switch {
		case err != nil:
			if !fault.Is(err, fault.Invalid) || got != nil {
				t.Errorf("ParseCursor(%q) = %+v, %v", text, got, err)
			}
		case got == nil:
			if text != "" {
				t.Errorf("ParseCursor(%q) is the start", text)
			}
		case v4.FormatCursor(got) != text:
			t.Errorf("ParseCursor(%q) = %+v, whose cursor is %q", text, got, v4.FormatCursor(got))
		}
		if ms < 0 || accounts.CheckID(peer) != nil {
			return
		}
		p := conversations.Position{TimeMs: ms, Peer: peer}
		if again, err := v4.ParseCursor(v4.FormatCursor(&p)); err != nil || *again != p {
			t.Errorf("%+v comes back as %+v, %v", p, again, err)
		}
	})
}

func FuzzCheckPush(f *testing.F) {
	f.Add([]byte(`{"PushFlag":1,"AndroidInfo":{"VIVOClassification":2},"ApnsInfo":{"BadgeMode":1}}`))
	f.Add([]byte(`{"ApnsInfo":7}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := v4.CheckPush(raw); err != nil && v4.AsFieldError(err) == nil {
			t.Errorf("CheckPush(%q): %v is no refusal", raw, fmt.Sprint(err))
		}
	})
}
