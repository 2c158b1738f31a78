package inbox_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

func TestListIsNewestFirst(t *testing.T) {
	m := &memory{rows: []inbox.Row{
		{User: "me", Chat: chat.Between("me", "old"), TimeMs: 1}, {User: "me", Chat: chat.Between("me", "b"), TimeMs: 5}, {User: "me", Chat: chat.Between("me", "a"), TimeMs: 5}, {User: "me", Chat: chat.Between("me", "C"), TimeMs: 5}, {User: "me", Chat: chat.Between("me", "new"), TimeMs: 9},
		{User: "me", Chat: chat.Between("me", "never shown")},
		{User: "me", Chat: chat.Between("me", "expired"), TimeMs: 8, Expires: nowMs / 1000}, {User: "me", Chat: chat.Between("me", "last second"), TimeMs: 8, Expires: nowMs/1000 + 1},
	}}
	p, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 100})
	if want := "new last second C a b old"; err != nil || peers(p) != want || p.Next != nil {
		t.Errorf("List = %s, next %v, %v, want %s", peers(p), p.Next, err, want)
	}
	if m.strong {
		t.Error("the list reads the rows strongly, which costs twice as much")
	}
	p, err = service(m, 3).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 100})
	if want := "new last second C"; err != nil || peers(p) != want || p.Next != nil {
		t.Errorf("a list of at most 3 conversations: %s, next %v, %v, want %s", peers(p), p.Next, err, want)
	}
	broken := &memory{err: errors.New("no table")}
	if _, err := service(broken, 3).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 9}); !errors.Is(err, broken.err) {
		t.Errorf("an error of the store: %v", err)
	}
}

func TestListPinned(t *testing.T) {
	work := inbox.NumberSet(0).With(3)
	m := &memory{rows: []inbox.Row{
		{User: "me", Chat: chat.Between("me", "new"), TimeMs: 9, InOffset: 2}, {User: "me", Chat: chat.Between("me", "first pin"), TimeMs: 5, Data: inbox.Data{PinnedMs: 10, FolderNumbers: work}},
		{User: "me", Chat: chat.Between("me", "last pin"), TimeMs: 1, Data: inbox.Data{PinnedMs: 20}, InOffset: 1},
		{User: "me", Chat: chat.Between("me", "pinned, expired"), TimeMs: 8, InOffset: 3, Expires: nowMs / 1000, Data: inbox.Data{PinnedMs: 15}},
		{User: "me", Chat: chat.Between("me", "marked, not shown"), Data: inbox.Data{Labels: work, FolderNumbers: work}},
		{User: "me", Chat: chat.Between("me", "b pin"), Data: inbox.Data{PinnedMs: 10, Labels: work}},
	}}
	for _, c := range []struct {
		f    inbox.Filter
		want string
	}{
		{inbox.Filter{}, "last pin pinned, expired b pin first pin new"},
		{inbox.Filter{Unread: true}, "last pin new"},
		{inbox.Filter{Folder: 3}, "first pin"},
		{inbox.Filter{Label: 3}, "b pin"},
		{inbox.Filter{Label: 3, Folder: 3}, ""},
		{inbox.Filter{Folder: 4}, ""},
	} {
		p, err := service(m, 100).List(t.Context(), "u", c.f, inbox.PageRequest{Limit: 100})
		if err != nil || peers(p) != c.want {
			t.Errorf("%+v: %s, %v, want %s", c.f, peers(p), err, c.want)
		}
		var got []string
		for after, n := (*inbox.Position)(nil), 0; n == 0 || after != nil; n++ {
			if n > 6 {
				t.Fatalf("%+v: pages of one never end", c.f)
			}
			if p, err = service(m, 100).List(t.Context(), "u", c.f, inbox.PageRequest{After: after, Limit: 1}); err != nil {
				t.Fatal(err)
			}
			if len(p.Rows) > 0 {
				got = append(got, peers(p))
			}
			after = p.Next
		}
		if joined := strings.Join(got, " "); joined != c.want {
			t.Errorf("%+v, page by page: %s, want %s", c.f, joined, c.want)
		}
	}
	p, err := service(m, 2).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 100})
	if want := "last pin pinned, expired"; err != nil || peers(p) != want {
		t.Errorf("with 2 entries: %s, %v, want %s", peers(p), err, want)
	}
	if r := p.Rows[1]; r.TimeMs != 0 || r.Unread() != 0 || r.PinnedMs != 15 {
		t.Errorf("what has expired is shown: %+v", r)
	}
}

// TestPagesTogetherAreTheList reads a list in pages of several sizes. Many of its rows
// have equal times.
func TestPagesTogetherAreTheList(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	m := &memory{}
	for i := range 57 {
		m.rows = append(m.rows, inbox.Row{User: "me", Chat: chat.Between("me", fmt.Sprintf("p%02d", i)), TimeMs: 1 + r.Int64N(9)})
	}
	r.Shuffle(len(m.rows), func(i, j int) { m.rows[i], m.rows[j] = m.rows[j], m.rows[i] })
	whole, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 100})
	if err != nil || len(whole.Rows) != 57 {
		t.Fatalf("%d rows, %v", len(whole.Rows), err)
	}
	for _, size := range []int{1, 2, 3, 10, 19, 56, 57, 58} {
		var got []string
		var after *inbox.Position
		for page := 0; ; page++ {
			p, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{After: after, Limit: size})
			if err != nil || len(p.Rows) > size {
				t.Fatalf("page of %d: %d rows, %v", size, len(p.Rows), err)
			}
			got = append(got, peers(p))
			if after = p.Next; after == nil {
				break
			}
			if page > 57 {
				t.Fatalf("pages of %d never end", size)
			}
		}
		if joined := strings.Join(got, " "); joined != peers(whole) {
			t.Errorf("pages of %d: %s, want %s", size, joined, peers(whole))
		}
	}
	// A row that moves up while the pages are read is on none of the later pages.
	first, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{Limit: 30})
	if err != nil {
		t.Fatal(err)
	}
	moved := whole.Rows[40].Peer()
	for i := range m.rows {
		if m.rows[i].Peer() == moved {
			m.rows[i].TimeMs = 100
		}
	}
	rest, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{After: first.Next, Limit: 100})
	if err != nil || len(rest.Rows) != 26 || strings.Contains(peers(rest), moved) {
		t.Errorf("the later page has %d rows, %v, %s is on it: %t", len(rest.Rows), err, moved, strings.Contains(peers(rest), moved))
	}
}

// TestPageEndsBeforeARowThatDoesNotFit shows that the next page begins with that row.
// The first row of a page always fits, so that the list comes to an end.
func TestPageEndsBeforeARowThatDoesNotFit(t *testing.T) {
	m := &memory{}
	for i := range 5 {
		m.rows = append(m.rows, inbox.Row{User: "me", Chat: chat.Between("me", string(rune('a'+i))), TimeMs: int64(100 - i), InOffset: 1})
	}
	var got []string
	var after *inbox.Position
	for range 5 {
		room := 2
		fits := func(inbox.Row) bool { room--; return room >= 0 }
		p, err := service(m, 100).List(t.Context(), "u", inbox.Filter{}, inbox.PageRequest{After: after, Limit: 100, Fits: fits})
		if err != nil {
			t.Fatal(err)
		}
		page := ""
		for _, r := range p.Rows {
			page += r.Peer()
		}
		got = append(got, page)
		if after = p.Next; after == nil {
			break
		}
	}
	if want := "ab cd e"; strings.Join(got, " ") != want {
		t.Errorf("pages %q, want %q", strings.Join(got, " "), want)
	}
}
