package v4_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// TestControl checks which words of SendMsgControl are accepted, and what they set.
func TestControl(t *testing.T) {
	for _, c := range []struct {
		list                     []string
		noUnread, noLast, honour bool
		ok                       bool
	}{
		{nil, false, false, false, true},
		{[]string{"NoUnread"}, true, false, false, true},
		{[]string{"NoLastMsg"}, false, true, false, true},
		{[]string{"WithMuteNotifications"}, false, false, true, true},
		{[]string{"NoLastMsg", "NoUnread", "NoUnread"}, true, true, false, true},
		{[]string{"nounread"}, false, false, false, false},
		{[]string{""}, false, false, false, false},
		{[]string{"NoUnread", "Other"}, false, false, false, false},
	} {
		var r direct.SendRequest
		control, err := v4.ReadSendMsgControl(c.list)
		control.To(&r)
		if r.ExcludedFromUnread != c.noUnread || r.ExcludedFromLast != c.noLast || r.HonourReceiveOption != c.honour || (err == nil) != c.ok {
			t.Errorf("Control(%q): %+v, %v, want %+v", c.list, r, err, c)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("Control(%q): %v, want invalid", c.list, err)
		}
	}
}

// TestPush checks which forms of OfflinePushInfo are accepted.
func TestPush(t *testing.T) {
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

		`{"AndroidInfo":{"HuaWeiImportance":"NORMAL","HonorImportance":"LOW","VIVOCategory":"IM"}}`: true,
		`{"ApnsInfo":{"InterruptionLevel":"time-sensitive","ContentAvailable":1}}`:                  true,
		`{"AndroidInfo":{"HuaWeiImportance":"HIGH"}}`:                                               false, `{"AndroidInfo":{"HonorImportance":"low"}}`: false,
		`{"AndroidInfo":{"ExtAsHuaweiIntentParam":2}}`: false, `{"AndroidInfo":{"PushStyle":"1"}}`: false,
		`{"AndroidInfo":{"GoogleImage":1}}`: false, `{"ApnsInfo":{"MutableContent":2}}`: false,
		`{"ApnsInfo":{"ContentAvailable":-1}}`: false, `{"ApnsInfo":{"InterruptionLevel":"loud"}}`: false,
		`{"ApnsInfo":"x"}`: false, `{`: false,
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
		info, err := v4.ParseOfflinePushInfo(json.RawMessage(raw))
		if (err == nil) != ok || (info != nil) != (ok && raw != "" && raw != "null") {
			t.Errorf("Push(%s) = %v, want accepted %t", raw, err, ok)
		}
		if f := v4.AsFieldError(err); err != nil && (f == nil || f.Number != 90043) {
			t.Errorf("Push(%s): %v, want number 90043", raw, err)
		}
	}
}

// TestPushInfo checks what is read from an OfflinePushInfo, and the sentences of refusals.
func TestPushInfo(t *testing.T) {
	raw := `{"PushFlag":1,"Title":"t","Desc":"d","Ext":"e","AndroidInfo":{"Sound":"s","Own":1},"ApnsInfo":{"BadgeMode":1}}`
	got, err := v4.ParseOfflinePushInfo(json.RawMessage(raw))
	want := &content.Push{
		Disabled: true, Title: "t", Text: "d", Ext: "e", NoBadge: true, Bytes: len(raw) + len(`,"OfflinePushInfo":`),
		Android: &content.AndroidPush{Sound: "s", Original: &content.Original{Dialect: "v4", Rest: json.RawMessage(`[0,"Own",1]`)}}, Apple: &content.ApplePush{},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for raw, want := range map[string]string{
		`{"AndroidInfo":{"Sound":1}}`: "OfflinePushInfo: Sound has to be text, it is a JSON number",
		`{"PushFlag":"1"}`:            "OfflinePushInfo: PushFlag has to be a whole number, it is a JSON string",
		`{"ApnsInfo":[]}`:             "ApnsInfo is not an object",
		`7`:                           "OfflinePushInfo is not an object",
	} {
		if _, err := v4.ParseOfflinePushInfo(json.RawMessage(raw)); err == nil || err.Error() != want {
			t.Errorf("Push(%s): %v, want %s", raw, err, want)
		}
	}
}

// TestForbid checks which words of ForbidCallbackControl are accepted, and what they set.
func TestForbid(t *testing.T) {
	for _, c := range []struct {
		list          []string
		before, after bool
		ok            bool
	}{
		{nil, false, false, true},
		{[]string{"ForbidBeforeSendMsgCallback"}, true, false, true},
		{[]string{"ForbidAfterSendMsgCallback"}, false, true, true},
		{[]string{"forbidaftersendmsgcallback"}, false, false, false},
	} {
		before, after, err := v4.ReadForbidCallbackControl(c.list)
		if before != c.before || after != c.after || (err == nil) != c.ok || (err != nil && !fault.Is(err, fault.Invalid)) {
			t.Errorf("Forbid(%q): %t, %t, %v, want %+v", c.list, before, after, err, c)
		}
	}
}

// TestWireForms checks the wire forms of messages and of rows.
func TestWireForms(t *testing.T) {
	m := timeline.Message{
		Key: timeline.Key{Time: 1_700_000_000, Seq: 1, Random: 2}, From: "alice", Chat: chat.Between("alice", "bob"), Offset: 3, Epoch: 9,
		Content: content.Content{
			Elements: []content.Element{content.NewText("hi")},
			Custom:   "c",
		},
		ExcludedFromUnread: true, Expires: 5, HiddenFromSender: true, NeedReceipt: true, Extensible: true, Nick: "Al", Face: "https://a",
	}
	m.Elements[0].Original = &content.Original{Dialect: "v4", Rest: json.RawMessage(`[0,"own",1]`)}
	for _, c := range []struct {
		what string
		m    timeline.Message
		want string
	}{
		{"every field", m, `{"From_Account":"alice","To_Account":"bob","MsgSeq":1,"MsgRandom":2,"MsgTime":1700000000,"MsgKey":"1_2_1700000000",` +
			`"Ordinal":3,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi","own":1}}],"CloudCustomData":"c","NoUnread":true,` +
			`"IsNeedReadReceipt":1,"SupportMessageExtension":1,"Nick":"Al","FaceUrl":"https://a"}`},
		{"no optional field", timeline.Message{From: "a", Chat: chat.Between("a", "b")}, `{"From_Account":"a","To_Account":"b","MsgSeq":0,"MsgRandom":0,"MsgTime":0,"MsgKey":"0_0_0","MsgBody":[]}`},
	} {
		got, err := json.Marshal(v4.FromMessage(c.m))
		if err != nil || string(got) != c.want {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", c.what, got, err, c.want)
		}
	}
	row := inbox.Row{
		User: "alice", Chat: chat.Between("alice", "bob"), TimeMs: 5, LastKey: &m.Key, Preview: "hi", OutOffset: 4, InOffset: 9, ReadOffset: 2, PeerReadOffset: 3, UnreadExcluded: 1,
	}
	got, err := json.Marshal(v4.FromRow(row))
	want := `{"To_Account":"bob","Unread":6,"ReadOrdinal":2,"PeerReadOrdinal":3,"InOrdinal":9,"OutOrdinal":4,"TimeMs":5,` +
		`"LastMsg":{"MsgKey":"1_2_1700000000","Preview":"hi"}}`
	if err != nil || string(got) != want {
		t.Errorf("row:\ngot  %s, %v\nwant %s", got, err, want)
	}
	row = inbox.Row{User: "alice", Chat: chat.Between("alice", "bob"), DraftMs: 6, HiddenUpTo: &m.Key, Data: inbox.Data{
		PinnedMs: 7, Labels: inbox.NumberSet(0).With(1).With(64), CustomLabel: "c", FolderNumbers: inbox.NumberSet(0).With(20), Option: direct.OptionSilent,
	}}
	got, err = json.Marshal(v4.FromRow(row))
	want = `{"To_Account":"bob","Unread":0,"ReadOrdinal":0,"PeerReadOrdinal":0,"InOrdinal":0,"OutOrdinal":0,"TimeMs":0,"PinnedMs":7,"Mark":[1,64],` +
		`"CustomMark":"c","ContactGroupId":[20],"ReceiveOption":1,"DraftMs":6,"ClearedKey":"1_2_1700000000"}`
	if err != nil || string(got) != want {
		t.Errorf("row with data:\ngot  %s, %v\nwant %s", got, err, want)
	}
	if got := v4.FromRow(inbox.Row{Preview: "hi"}).Last; got != (v4.LastMessage{}) {
		t.Errorf("a row without a last message shows %+v", got)
	}
}

// TestCursor checks that a cursor is read as it was made, and that other texts are refused.
func TestCursor(t *testing.T) {
	for _, p := range []*inbox.Position{
		{TimeMs: 0, Chat: chat.Between("alice", "a")}, {Pinned: true, TimeMs: 7, Chat: chat.Between("alice", "p 5")}, {TimeMs: 1_700_000_000_000, Chat: chat.Between("alice", strings.Repeat("z", 32))}, {TimeMs: 1<<63 - 1, Chat: chat.Between("alice", " a b ")},
	} {
		text := v4.FormatCursor("alice", p)
		got, err := v4.ParseCursor("alice", text)
		if err != nil || got == nil || *got != *p {
			t.Errorf("ParseCursor(%q) = %+v, %v, want %+v", text, got, err, p)
		}
	}
	if got := v4.FormatCursor("alice", nil); got != "" {
		t.Errorf("the end has cursor %q, want none", got)
	}
	if got, err := v4.ParseCursor("alice", ""); got != nil || err != nil {
		t.Errorf("no cursor is %+v, %v, want the start", got, err)
	}
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, text := range []string{
		"x", "!!", raw("p5"), raw("pp5 a"), raw("p 5 a"), raw("5"), raw(" a"), raw("5 "), raw("-1 a"), raw("+5 a"), raw("05 a"), raw("5  \x01"), raw("5.0 a"),
		raw("9223372036854775808 a"), raw("5 " + strings.Repeat("z", 33)), raw("5 é"), raw("5 a") + "=", raw("5 a") + "\n",
		raw("5 " + strings.Repeat("z", 100)), base64.StdEncoding.EncodeToString([]byte("5 abc~~")),
	} {
		if got, err := v4.ParseCursor("alice", text); !fault.Is(err, fault.Invalid) || got != nil {
			t.Errorf("ParseCursor(%q) = %+v, %v, want invalid", text, got, err)
		}
	}
}

// FuzzCursor checks that ParseCursor accepts only what FormatCursor makes, and all of it.
func FuzzCursor(f *testing.F) {
	f.Add("", int64(5), "bob")
	f.Add(v4.FormatCursor("alice", &inbox.Position{TimeMs: 1_700_000_000_000, Chat: chat.Between("alice", "a b#~")}), int64(0), " ")
	f.Add("NSBh", int64(1<<62), strings.Repeat("z", 32))
	f.Add("NSBh\n", int64(-1), "")
	f.Fuzz(func(t *testing.T, text string, ms int64, peer string) {
		got, err := v4.ParseCursor("alice", text)
		switch {
		case err != nil:
			if !fault.Is(err, fault.Invalid) || got != nil {
				t.Errorf("ParseCursor(%q) = %+v, %v", text, got, err)
			}
		case got == nil:
			if text != "" {
				t.Errorf("ParseCursor(%q) is the start", text)
			}
		case v4.FormatCursor("alice", got) != text:
			t.Errorf("ParseCursor(%q) = %+v, whose cursor is %q", text, got, v4.FormatCursor("alice", got))
		}
		if ms < 0 || accounts.CheckID(peer) != nil {
			return
		}
		p := inbox.Position{TimeMs: ms, Chat: chat.Between("alice", peer)}
		if again, err := v4.ParseCursor("alice", v4.FormatCursor("alice", &p)); err != nil || *again != p {
			t.Errorf("%+v is read as %+v, %v", p, again, err)
		}
	})
}

// FuzzPush checks that Push refuses with a number only.
func FuzzPush(f *testing.F) {
	f.Add([]byte(`{"PushFlag":1,"AndroidInfo":{"VIVOClassification":2},"ApnsInfo":{"BadgeMode":1}}`))
	f.Add([]byte(`{"ApnsInfo":7}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := v4.ParseOfflinePushInfo(raw); err != nil && v4.AsFieldError(err) == nil {
			t.Errorf("Push(%q): %v is not a FieldError", raw, fmt.Sprint(err))
		}
	})
}
