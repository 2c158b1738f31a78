package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// corpusMessage is a message of the corpus.
type corpusMessage struct {
	From, To    string
	Seq, Random uint32
	Time        int64
	Body        json.RawMessage
	Custom      string
}

func (u corpusMessage) key() string { return fmt.Sprintf("%d_%d_%d", u.Seq, u.Random, u.Time) }

// corpus makes a conversation of n messages, which is always the same. Messages have one
// word or up to a long paragraph, in several scripts, with letters that JSON escapes.
// Several messages may have the same second.
func corpus(n int, from time.Time) []corpusMessage {
	r := rand.New(rand.NewPCG(1813, 1849))
	words := strings.Fields("the of und die mañana Ünïcödé 中文 日本語 한국어 привет שלום مرحبا 😀 👩‍👩‍👧 <b> & \" \\ / \u2028 \t z\u0301 0 -1 1e9 null")
	text := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	list := make([]corpusMessage, n)
	at := from.Unix()
	for i := range list {
		if r.IntN(3) == 0 {
			at += int64(1 + r.IntN(90))
		}
		u := corpusMessage{From: "alice", To: "bob", Seq: uint32(i), Random: r.Uint32(), Time: at}
		if r.IntN(2) == 0 {
			u.From, u.To = u.To, u.From
		}
		length := 1 + r.IntN(20)
		if r.IntN(200) == 0 {
			length = 900 // long enough to be stored compressed
		}
		content := fields{"Text": text(length)}
		if r.IntN(10) == 0 {
			content["own"] = []any{r.IntN(9), nil, text(1), fields{"z": 1, "a": 2.50}}
		}
		own, err := json.Marshal(content)
		if err != nil {
			panic(err)
		}
		u.Body = fmt.Appendf(nil, `[{"MsgType":"TIMTextElem","MsgContent":%s}]`, own)
		if r.IntN(8) == 0 {
			u.Custom = text(3)
		}
		list[i] = u
	}
	return list
}

// page is what the answers of message.history and admin_getroammsg have in common.
type page struct {
	List []struct {
		wireMessage
		Roam int64 `json:"MsgTimeStamp"`
		Time int64 `json:"MsgTime"`
	} `json:"MsgList"`
	Next    string
	LastKey string `json:"LastMsgKey"`
}

// wireMessage has the fields of a message on the wire.
type wireMessage struct {
	From   string          `json:"From_Account"`
	To     string          `json:"To_Account"`
	Seq    uint32          `json:"MsgSeq"`
	Random uint32          `json:"MsgRandom"`
	Body   json.RawMessage `json:"MsgBody"`
	Custom string          `json:"CloudCustomData"`
}

// corpusMessages returns the messages of a page.
func (p page) corpusMessages() []corpusMessage {
	out := make([]corpusMessage, len(p.List))
	for i, m := range p.List {
		out[i] = corpusMessage{From: m.From, To: m.To, Seq: m.Seq, Random: m.Random, Time: m.Roam + m.Time, Body: m.Body, Custom: m.Custom}
	}
	return out
}

// TestMigratedConversation imports a conversation of 10,000 messages and reads it back:
// backwards and forwards, as a client and as a backend. Every byte must be the same.
func TestMigratedConversation(t *testing.T) {
	const size = 10_000
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), fields{"LoginPolicy": "multi", "RetentionDays": 30, "Edition": "premium"}, "alice", "bob")
	list := corpus(size, time.Now().Add(-20*24*time.Hour))
	started := time.Now()
	a.migrate(t, list)
	t.Logf("imported %d messages in %s", size, time.Since(started).Round(time.Second))
	slices.SortFunc(list, func(x, y corpusMessage) int {
		if x.Time != y.Time {
			return int(x.Time - y.Time)
		}
		return int(int64(x.Seq) - int64(y.Seq))
	})
	for _, way := range []struct {
		name string
		read func(t *testing.T, low, lastOffsets int64) []corpusMessage
	}{
		{"message.history", a.clientPages},
		{"admin_getroammsg", a.roamPages},
	} {
		started := time.Now()
		same(t, way.name+" backwards", way.read(t, 0, list[size-1].Time), list)
		// Forwards: one range of 8 hours after the other, oldest first.
		var forwards []corpusMessage
		for low := list[0].Time; low <= list[size-1].Time; low += 8 * 3600 {
			forwards = append(forwards, way.read(t, low, low+8*3600-1)...)
		}
		same(t, way.name+" forwards", forwards, list)
		t.Logf("%s: read twice in %s", way.name, time.Since(started).Round(time.Second))
	}
}

// migrate imports messages in order of time, with a few calls at once, as a backend does
// that migrates.
func (a *app) migrate(t *testing.T, list []corpusMessage) {
	t.Helper()
	const width = 8
	var wait sync.WaitGroup
	for w := range width {
		wait.Go(func() {
			for i := w; i < len(list); i += width {
				u := list[i]
				in := fields{
					"SyncFromOldSystem": 2, "From_Account": u.From, "To_Account": u.To, "MsgSeq": u.Seq, "MsgRandom": u.Random,
					"MsgTimeStamp": u.Time, "MsgBody": u.Body, "CloudCustomData": u.Custom,
				}
				if err := a.v4("openim/importmsg", in, nil); err != nil {
					t.Errorf("message %d: %v", i, err)
					return
				}
			}
		})
	}
	if wait.Wait(); t.Failed() {
		t.FailNow()
	}
}

// clientPages reads the messages of a range of time by message.history, in order.
func (a *app) clientPages(t *testing.T, low, lastOffsets int64) []corpusMessage {
	t.Helper()
	call := a.overHTTPAs("bob", "corpus")
	in := fields{"To_Account": "alice", "Limit": 100, "To": fmt.Sprintf("0_0_%d", lastOffsets+1)}
	if low > 0 {
		in["From"] = fmt.Sprintf("4294967295_4294967295_%d", low-1)
	}
	var pages [][]corpusMessage
	for {
		var p struct {
			page
			Complete bool
		}
		if err := call(context.Background(), "message.history", in, &p); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p.corpusMessages())
		if p.Complete {
			break
		}
		in["To"] = p.Next
	}
	slices.Reverse(pages)
	return slices.Concat(pages...)
}

// roamPages reads the messages of a range of time by admin_getroammsg, in order.
func (a *app) roamPages(t *testing.T, low, lastOffsets int64) []corpusMessage {
	t.Helper()
	in := fields{"Operator_Account": "alice", "Peer_Account": "bob", "MaxCnt": 100, "MinTime": low, "MaxTime": lastOffsets}
	var pages [][]corpusMessage
	for {
		var p struct {
			page
			Complete int
			LastTime int64 `json:"LastMsgTime"`
		}
		if err := a.v4("openim/admin_getroammsg", in, &p); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p.corpusMessages())
		if p.Complete == 1 {
			break
		}
		in["MaxTime"], in["LastMsgKey"] = p.LastTime, p.LastKey
	}
	slices.Reverse(pages)
	return slices.Concat(pages...)
}

// same fails the test unless two lists of messages are equal byte by byte.
func same(t *testing.T, what string, got, want []corpusMessage) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d messages, want %d", what, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		if g.key() != w.key() || g.From != w.From || g.To != w.To || string(g.Body) != string(w.Body) || g.Custom != w.Custom {
			t.Fatalf("%s: message %d is\n%s %s %s %q, want\n%s %s %s %q", what, i, g.key(), g.From, g.Body, g.Custom, w.key(), w.From, w.Body, w.Custom)
		}
	}
}
