package conversations_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
)

const nowMs = 1_700_000_000_000

// memory has rows; what a test does not need is not there.
type memory struct {
	conversations.Store
	rows   []conversations.Row
	strong bool
	err    error
}

func (m *memory) Rows(_ context.Context, _ int64, _, _ string, _ int, strong bool) ([]conversations.Row, bool, error) {
	m.strong = strong
	return slices.Clone(m.rows), false, m.err
}

func (m *memory) Shelf(context.Context, int64, string, bool) (conversations.Shelf, error) {
	return conversations.Shelf{}, m.err
}

func (m *memory) PeerRows(_ context.Context, _ int64, _ string, peers []string, _ bool) ([]conversations.Row, error) {
	out := make([]conversations.Row, len(peers))
	for i, p := range peers {
		for _, r := range m.rows {
			if r.Peer == p {
				out[i] = r
			}
		}
	}
	return out, m.err
}

func service(m *memory, limit int) conversations.Service {
	return conversations.Service{App: 1, Limit: limit, Store: m, Now: func() time.Time { return time.UnixMilli(nowMs) }}
}

func peers(p conversations.Page) string {
	var list []string
	for _, r := range p.Rows {
		list = append(list, r.Peer)
	}
	return strings.Join(list, " ")
}

func TestListOrder(t *testing.T) {
	m := &memory{rows: []conversations.Row{
		{Peer: "old", TimeMs: 1}, {Peer: "b", TimeMs: 5}, {Peer: "a", TimeMs: 5}, {Peer: "C", TimeMs: 5}, {Peer: "new", TimeMs: 9},
		{Peer: "never shown"},
		{Peer: "expired", TimeMs: 8, Expires: nowMs / 1000}, {Peer: "last second", TimeMs: 8, Expires: nowMs/1000 + 1},
	}}
	p, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 100})
	if want := "new last second C a b old"; err != nil || peers(p) != want || p.Next != nil {
		t.Errorf("List = %s, next %v, %v, want %s", peers(p), p.Next, err, want)
	}
	if m.strong {
		t.Error("a list is read strongly: twice the price")
	}
	p, err = service(m, 3).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 100})
	if want := "new last second C"; err != nil || peers(p) != want || p.Next != nil {
		t.Errorf("with 3 entries: %s, next %v, %v, want %s", peers(p), p.Next, err, want)
	}
	broken := &memory{err: errors.New("no table")}
	if _, err := service(broken, 3).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 9}); !errors.Is(err, broken.err) {
		t.Errorf("the store fails: %v", err)
	}
}

func TestListPinned(t *testing.T) {
	work := conversations.Set(0).With(3)
	m := &memory{rows: []conversations.Row{
		{Peer: "new", TimeMs: 9, In: 2}, {Peer: "first pin", TimeMs: 5, Data: conversations.Data{PinnedMs: 10, Folders: work}},
		{Peer: "last pin", TimeMs: 1, Data: conversations.Data{PinnedMs: 20}, In: 1},
		{Peer: "pinned, expired", TimeMs: 8, In: 3, Expires: nowMs / 1000, Data: conversations.Data{PinnedMs: 15}},
		{Peer: "marked, not shown", Data: conversations.Data{Marks: work, Folders: work}},
		{Peer: "b pin", Data: conversations.Data{PinnedMs: 10, Marks: work}},
	}}
	for _, c := range []struct {
		f    conversations.Filter
		want string
	}{
		{conversations.Filter{}, "last pin pinned, expired b pin first pin new"},
		{conversations.Filter{Unread: true}, "last pin new"},
		{conversations.Filter{Folder: 3}, "first pin"},
		{conversations.Filter{Mark: 3}, "b pin"},
		{conversations.Filter{Mark: 3, Folder: 3}, ""},
		{conversations.Filter{Folder: 4}, ""},
	} {
		p, err := service(m, 100).List(t.Context(), "u", c.f, conversations.Cut{Limit: 100})
		if err != nil || peers(p) != c.want {
			t.Errorf("%+v: %s, %v, want %s", c.f, peers(p), err, c.want)
		}
		var got []string
		for after, n := (*conversations.Position)(nil), 0; n == 0 || after != nil; n++ {
			if n > 6 {
				t.Fatalf("%+v: pages of one never end", c.f)
			}
			if p, err = service(m, 100).List(t.Context(), "u", c.f, conversations.Cut{After: after, Limit: 1}); err != nil {
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
	p, err := service(m, 2).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 100})
	if want := "last pin pinned, expired"; err != nil || peers(p) != want {
		t.Errorf("with 2 entries: %s, %v, want %s", peers(p), err, want)
	}
	if r := p.Rows[1]; r.TimeMs != 0 || r.Unread() != 0 || r.PinnedMs != 15 {
		t.Errorf("what has expired is shown: %+v", r)
	}
}

// TestSyncBeyondTheList: deletions and what is kept are told however long the list
// is; what fell out of it is not.
func TestSyncBeyondTheList(t *testing.T) {
	m := &memory{rows: []conversations.Row{
		{Peer: "a", TimeMs: 3}, {Peer: "b", TimeMs: 2}, {Peer: "out", TimeMs: 1}, {Peer: "kept", TimeMs: 1, Data: conversations.Data{Custom: "c"}},
		{Peer: "deleted", ChangedMs: 9}, {Peer: "expired, kept", TimeMs: 8, Expires: 1, Data: conversations.Data{Option: messages.OptionSilent}},
	}}
	p, err := service(m, 2).Sync(t.Context(), "u", 0, conversations.Cut{Limit: 100})
	if want := "a b kept deleted expired, kept"; err != nil || peers(p.Page) != want {
		t.Errorf("%s, %v, want %s", peers(p.Page), err, want)
	}
	p, err = service(m, 2).Sync(t.Context(), "u", 8, conversations.Cut{Limit: 100})
	if want := "deleted expired, kept"; err != nil || peers(p.Page) != want {
		t.Errorf("since 8: %s, %v, want %s", peers(p.Page), err, want)
	}
}

// TestPages reads a list of rows with many equal times page by page: the pages
// are the list.
func TestPages(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	m := &memory{}
	for i := range 57 {
		m.rows = append(m.rows, conversations.Row{Peer: fmt.Sprintf("p%02d", i), TimeMs: 1 + r.Int64N(9)})
	}
	r.Shuffle(len(m.rows), func(i, j int) { m.rows[i], m.rows[j] = m.rows[j], m.rows[i] })
	whole, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 100})
	if err != nil || len(whole.Rows) != 57 {
		t.Fatalf("%d rows, %v", len(whole.Rows), err)
	}
	for _, size := range []int{1, 2, 3, 10, 19, 56, 57, 58} {
		var got []string
		var after *conversations.Position
		for page := 0; ; page++ {
			p, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{After: after, Limit: size})
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
	// A row that moved up while pages are read is on none of the later ones.
	first, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{Limit: 30})
	if err != nil {
		t.Fatal(err)
	}
	moved := whole.Rows[40].Peer
	for i := range m.rows {
		if m.rows[i].Peer == moved {
			m.rows[i].TimeMs = 100
		}
	}
	rest, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{After: first.Next, Limit: 100})
	if err != nil || len(rest.Rows) != 26 || strings.Contains(peers(rest), moved) {
		t.Errorf("the rest has %d rows, %v, %s in it: %t", len(rest.Rows), err, moved, strings.Contains(peers(rest), moved))
	}
}

func TestSync(t *testing.T) {
	m := &memory{rows: []conversations.Row{
		{Peer: "a", TimeMs: 100}, {Peer: "b", TimeMs: 200}, {Peer: "read by me", TimeMs: 50, ReadMs: 150},
		{Peer: "read by the peer", TimeMs: 60, PeerReadMs: 160},
		{Peer: "shows none", ChangedMs: 170}, {Peer: "expired", TimeMs: 500, Expires: nowMs / 1000},
	}}
	for since, want := range map[int64]string{
		0: "b a read by the peer read by me shows none", 100: "b a read by the peer read by me shows none",
		101: "b read by the peer read by me shows none", 151: "b read by the peer shows none", 161: "b shows none", 171: "b", 201: "",
	} {
		p, err := service(m, 100).Sync(t.Context(), "u", since, conversations.Cut{Limit: 100})
		if err != nil || peers(p.Page) != want {
			t.Errorf("since %d: %s, %v, want %s", since, peers(p.Page), err, want)
		}
		if want := int64(nowMs - 20_000); p.SinceMs != want {
			t.Errorf("the next sync is from %d, want %d", p.SinceMs, want)
		}
	}
	if !m.strong {
		t.Error("a sync is not read strongly: it may miss what a send has just written")
	}
	p, err := service(m, 100).Sync(t.Context(), "u", 101, conversations.Cut{Limit: 2})
	if err != nil || peers(p.Page) != "b read by the peer" || p.Next == nil {
		t.Fatalf("first page %s, next %v, %v", peers(p.Page), p.Next, err)
	}
	p, err = service(m, 100).Sync(t.Context(), "u", 101, conversations.Cut{After: p.Next, Limit: 2})
	if err != nil || peers(p.Page) != "read by me shows none" || p.Next != nil {
		t.Errorf("second page %s, next %v, %v", peers(p.Page), p.Next, err)
	}
}

func TestUnread(t *testing.T) {
	for _, c := range []struct {
		in, read, quiet, want int64
	}{
		{0, 0, 0, 0}, {5, 2, 0, 3}, {5, 2, 1, 2}, {5, 5, 0, 0}, {5, 5, 1, 0}, {5, 9, 0, 0}, {250, 0, 0, 250}, {251, 0, 0, 250},
		{1 << 40, 1, 1, 250}, {300, 0, 60, 240},
	} {
		r := conversations.Row{In: c.in, Read: c.read, Quiet: c.quiet}
		if got := r.Unread(); got != c.want {
			t.Errorf("in %d, read %d, quiet %d: %d unread, want %d", c.in, c.read, c.quiet, got, c.want)
		}
	}
	m := &memory{rows: []conversations.Row{
		{Peer: "a", In: 3}, {Peer: "b", TimeMs: 1, In: 400}, {Peer: "gone", In: 9, Expires: nowMs / 1000}, {Peer: "c", In: 2, Read: 2},
	}}
	if got, err := service(m, 1).Unread(t.Context(), "u"); err != nil || got != 253 {
		t.Errorf("unread in all: %d, %v, want 253", got, err)
	}
	got, err := service(m, 1).UnreadFrom(t.Context(), "u", []string{"c", "nobody", "gone", "a", "b"})
	if want := []int64{0, 0, 0, 3, 250}; err != nil || !slices.Equal(got, want) {
		t.Errorf("unread from each: %v, %v, want %v", got, err, want)
	}
}

// A page ends before the row that it has no room for; the next one begins with it.
// The first row of a page always has room, so that pages come to an end.
func TestPageBySize(t *testing.T) {
	m := &memory{}
	for i := range 5 {
		m.rows = append(m.rows, conversations.Row{Peer: string(rune('a' + i)), TimeMs: int64(100 - i), In: 1})
	}
	var got []string
	var after *conversations.Position
	for range 5 {
		room := 2
		fits := func(conversations.Row) bool { room--; return room >= 0 }
		p, err := service(m, 100).List(t.Context(), "u", conversations.Filter{}, conversations.Cut{After: after, Limit: 100, Fits: fits})
		if err != nil {
			t.Fatal(err)
		}
		page := ""
		for _, r := range p.Rows {
			page += r.Peer
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
