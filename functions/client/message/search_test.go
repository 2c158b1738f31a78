package message

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/search"
	"parley/shared/op"
)

// TestSearchContinuesByCursor searches more messages than one call may read. The calls
// together find each message once, each of them is bounded, and the last one is Complete.
func TestSearchContinuesByCursor(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := "accounts 25\naccount alice\n"
	for i := range 25 {
		seed += fmt.Sprintf("import-message u%d alice %dm %d needle\nimport-message u%d alice %dm %d straw\n", i+1, 60-i, i, i+1, 90-i, i)
	}
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Direct
	for i := range uint32(450) {
		if err := s.Import(t.Context(), direct.Import{
			From: "u1", To: "alice", Seq: &i, Random: i, Time: w.Clock.Now().Unix() - 500 + int64(i),
			Content: content.Content{Elements: []content.Element{testkit.Text(map[bool]string{true: "Needle", false: "straw"}[i%100 == 0])}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		query               search.Query
		want, least, atMost int // messages found, and how many calls
	}{
		{search.Query{Chat: chat.Between("alice", "u1"), Keywords: []string{"needle"}, Limit: 100}, 6, 3, 3},
		{search.Query{Keywords: []string{"needle"}, Limit: 100}, 30, 4, 5},
		{search.Query{Keywords: []string{"needle"}, Limit: 1}, 30, 30, 60},
		{search.Query{Senders: []string{"u1", "u25"}, Limit: 7}, 454, 65, 70},
		{search.Query{Keywords: []string{"wolf"}, Limit: 1}, 0, 4, 5},
	} {
		seen := make(map[string]bool)
		calls := 0
		for from := (search.Cursor{}); ; {
			c.query.From = from
			r, err := w.Tenant(t).Search.Search(t.Context(), "alice", c.query)
			if err != nil {
				t.Fatal(err)
			}
			calls++
			for _, m := range r.Messages {
				seen[m.From+m.Key.String()] = true
			}
			if len(r.Messages) > c.query.Limit {
				t.Fatalf("%+v: %d messages in an answer", c.query, len(r.Messages))
			}
			if r.Next == nil || calls > 200 {
				break
			}
			text := formatSearchCursor("alice", c.query.Chat, *r.Next)
			if from, err = parseSearchCursor("alice", c.query.Chat, text); err != nil || formatSearchCursor("alice", c.query.Chat, from) != text {
				t.Fatalf("cursor %s comes back as %+v, %v", text, from, err)
			}
		}
		if len(seen) != c.want || calls < c.least || calls > c.atMost {
			t.Errorf("%+v: %d messages in %d calls, want %d in %d to %d", c.query, len(seen), calls, c.want, c.least, c.atMost)
		}
	}
}

// TestSearchAnswersHaveAtMost100KB shows that an answer has at most 100 KB, and that the
// next calls return the rest, each message once.
func TestSearchAnswersHaveAtMost100KB(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\naccount carol\n"); err != nil {
		t.Fatal(err)
	}
	for i := range uint32(30) {
		from := map[bool]string{true: "bob", false: "carol"}[i%2 == 0]
		if err := w.Tenant(t).Direct.Import(t.Context(), direct.Import{
			From: from, To: "alice", Seq: &i, Random: i, Time: w.Clock.Now().Unix() - 500 + int64(i),
			Content: content.Content{Elements: []content.Element{testkit.Text("needle" + strings.Repeat("\x01", 1500))}}, // 9 KB on the wire
		}); err != nil {
			t.Fatal(err)
		}
	}
	operations := Operations()
	o := &operations[slices.IndexFunc(operations, func(o op.Operation) bool { return o.Name == "client.message.search" })]
	seen, cursor, calls := 0, "", 0
	for ; ; calls++ {
		answer, _, err := w.Call(t, o, fmt.Sprintf(`{"Keywords":["needle"],"Limit":100,"Cursor":%q}`, cursor))
		if err != nil || len(answer) > 256<<10 {
			t.Fatalf("an answer of %d bytes, %v", len(answer), err)
		}
		var http struct {
			Body string `json:"body"`
		}
		var out struct{ Body searchReply }
		if json.Unmarshal(answer, &http) != nil || json.Unmarshal([]byte(http.Body), &out) != nil {
			t.Fatalf("%.200s", answer)
		}
		if len(http.Body) > v4.MaxAnswer+1000 {
			t.Errorf("call %d: %d bytes", calls, len(http.Body))
		}
		seen += len(out.Body.List)
		if cursor = out.Body.Cursor; cursor == "" || calls > 20 {
			break
		}
	}
	if seen != 30 || calls < 2 {
		t.Errorf("%d messages in %d calls, want 30 in some", seen, calls+1)
	}
}

// TestSearchableWords shows which parts of a message search looks at: texts,
// descriptions, file names, and titles and abstracts of merged messages.
func TestSearchableWords(t *testing.T) {
	got := content.Content{Custom: "no", Elements: []content.Element{
		testkit.Text("a"), {Custom: &content.Custom{Data: "no", Description: "b"}},
		{File: &content.File{Name: "c.txt", URL: "no"}}, {Location: &content.Location{Description: "d"}},
		{Merged: &content.Merged{Title: "e", Abstract: []string{"f", "g"}, Fallback: "no", Key: "no"}},
		{Image: &content.Image{ID: "no"}},
	}}.Words()
	if want := "a\nb\nc.txt\nd\ne\nf\ng\n"; got != want {
		t.Errorf("words %q, want %q", got, want)
	}
}
