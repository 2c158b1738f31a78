package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }

// TestAnswersHaveAtMost100KB shows that an answer has at most 100 KB, because it may go
// over a WebSocket, and that the next calls return the rest.
func TestAnswersHaveAtMost100KB(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := "account alice\naccount bob\n"
	var keys []string
	for n := 1; n <= 20; n++ {
		key := fmt.Sprintf("%d_%d_1700000000", n, n)
		keys = append(keys, key)
		seed += fmt.Sprintf("message alice bob %d %s\nreact bob alice %s +1\n", n, strings.Repeat("x", 11_900), key)
	}
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	for name, next := range map[string]func(reply) string{
		"history": func(r reply) string { return `,"Limit":100,"To":"` + r.Next + `"` },
		"get":     func(r reply) string { return `,"MsgKeyList":["` + strings.Join(r.Left, `","`) + `"]` },
		"changes": func(r reply) string { return `,"Cursor":"` + r.Cursor + `"` },
	} {
		at := slices.IndexFunc(Operations(), func(o op.Operation) bool { return o.Name == "client.message."+name })
		o := Operations()[at]
		var got []string
		last := reply{Left: keys}
		for call := 0; call < 5 && (call == 0 || last.Next+last.Cursor != "" || last.Left != nil); call++ {
			answer, _, err := w.Call(t, &o, `{"To_Account":"bob"`+next(last)+`}`)
			if err != nil {
				t.Fatal(err)
			}
			if len(answer) > 150<<10 { // the body is a JSON string in it, so it has more bytes
				t.Errorf("%s: an answer of %d bytes", name, len(answer))
			}
			last = parse(t, answer)
			for _, m := range last.List {
				got = append(got, m.Key)
			}
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(keys)); !slices.Equal(got, want) {
			t.Errorf("%s: %d messages %v, want %v", name, len(got), got, want)
		}
	}
}

type reply struct {
	List []struct {
		Key string `json:"MsgKey"`
	} `json:"MsgList"`
	Next, Cursor string
	Left         []string
}

func parse(t *testing.T, answer []byte) reply {
	t.Helper()
	var a struct {
		Body string `json:"body"`
	}
	var b struct {
		Body reply `json:"body"`
	}
	if err := errors.Join(json.Unmarshal(answer, &a), json.Unmarshal([]byte(a.Body), &b)); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return b.Body
}

// aliceAndBob returns a world with two accounts, and the service of their messages.
func aliceAndBob(t *testing.T) (*testkit.World, direct.Service) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob"); err != nil {
		t.Fatal(err)
	}
	return w, w.Tenant(t).Direct
}

// textOf returns a content that is one text.
func textOf(text string) content.Content {
	return content.Content{Elements: []content.Element{testkit.Text(text)}}
}

// texts returns the texts of the whole history, oldest first.
func texts(t *testing.T, s timeline.Service, user, peer string) (list []string) {
	t.Helper()
	for before, more := (*timeline.Key)(nil), true; more; {
		h, err := s.History(t.Context(), timeline.HistoryRange{User: user, Chat: chat.Between(user, peer), Limit: 100, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		var page []string
		for _, m := range h.Messages {
			page = append(page, m.Words()[:len(m.Words())-1])
		}
		list, before, more = append(page, list...), h.Next, !h.Complete
	}
	return list
}

// row returns the user's row of the conversation with a peer.
func row(t *testing.T, w *testkit.World, user, peer string) inbox.Row {
	t.Helper()
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, user, chat.BetweenEach(user, []string{peer}), true)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]
}
