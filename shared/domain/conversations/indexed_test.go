package conversations_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// plain hides that an account is indexed: its rows are read at once.
type plain struct{ conversations.Store }

func (p plain) Shelf(ctx context.Context, app int64, user string, strong bool) (conversations.Shelf, error) {
	h, err := p.Store.Shelf(ctx, app, user, strong)
	h.Indexed = false
	return h, err
}

// large has few rows read at first, so that it is asked whether there is an index.
type large struct{ conversations.Store }

func (l large) Rows(ctx context.Context, app int64, user, after string, limit int, strong bool) ([]conversations.Row, bool, error) {
	if after == "" && limit == 101 {
		limit = 1
	}
	return l.Store.Rows(ctx, app, user, after, limit, strong)
}

// A history is an account alice with whom things happen at random.
type history struct {
	*testing.T
	w       *testkit.World
	r       *rand.Rand
	peers   []string
	sent    map[string][]messages.Key
	from    map[messages.Key]string
	n       uint32
	indexed conversations.Service // reads the index where there is one
	plain   conversations.Service // reads all rows
	log     []string
}

func newHistory(t *testing.T, seed uint64) *history {
	w := testkit.NewWorld(t, server, testkit.Options{})
	h := &history{T: t, w: w, r: testkit.Rand(seed), sent: map[string][]messages.Key{}, from: map[messages.Key]string{}}
	a, err := w.App.Apps.Get(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.Settings.Override.Conversations = []int{3, 8, 8, 20}[h.r.IntN(4)]
	if _, err := w.App.Apps.Update(t.Context(), w.ID, a.Settings); err != nil {
		t.Fatal(err)
	}
	for i := range 4 + h.r.IntN(14) {
		h.peers = append(h.peers, fmt.Sprintf("p%02d", i))
	}
	for _, id := range append(slices.Clone(h.peers), "alice") {
		if err := w.Tenant(t).Accounts.Import(t.Context(), accounts.Draft{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	h.indexed, h.plain = w.Tenant(t).Conversations, w.Tenant(t).Conversations
	h.indexed.Store, h.plain.Store = large{h.indexed.Store}, plain{h.plain.Store}
	return h
}

// step does one thing. Some of them are refused, which changes nothing.
func (h *history) step() {
	h.Helper()
	ctx, t, peer := h.Context(), h.w.Tenant(h.T), h.peers[h.r.IntN(len(h.peers))]
	from, to := peer, "alice"
	if h.r.IntN(3) == 0 {
		from, to = to, from
	}
	one, kind := h.r.IntN(2) == 0, h.r.IntN(22)
	h.log = append(h.log, fmt.Sprintf("%d %s %s %t", kind, from, to, one))
	var err error
	switch kind {
	case 0, 1, 2, 3, 4, 5:
		h.n++
		d := messages.Draft{From: from, To: to, Random: h.n, Trusted: true, Content: messages.Content{Elements: []messages.Element{testkit.Text("x")}}}
		d.NoUnread = h.r.IntN(6) == 0
		d.NoLast = h.r.IntN(8) == 0 && len(h.sent[peer]) > 0
		var done messages.Receipt
		if done, err = t.Messages.Send(ctx, d); err == nil {
			h.sent[peer], h.from[done.Key] = append(h.sent[peer], done.Key), from
		}
	case 6, 7:
		_, err = t.Conversations.Read(ctx, to, from, nil, delivery.Origin{})
	case 8:
		if len(h.sent[peer]) > 0 {
			k := h.sent[peer][h.r.IntN(len(h.sent[peer]))]
			from := h.from[k]
			to := map[bool]string{true: peer, false: "alice"}[from == "alice"]
			err = t.Messages.Recall(ctx, messages.Actor{Trusted: true}, from, to, k)
		}
	case 9:
		err = t.Conversations.Delete(ctx, "alice", peer, one, delivery.Origin{})
	case 10, 11:
		_, err = t.Conversations.Pin(ctx, "alice", peer, one, delivery.Origin{})
	case 12, 13:
		_, err = t.Conversations.Mark(ctx, "alice", []string{peer}, []conversations.Marking{map[bool]conversations.Marking{true: {Set: []int{2}}, false: {Clear: []int{2}}}[one]}, delivery.Origin{})
	case 14:
		option := messages.Option(h.r.IntN(3))
		_, err = t.Conversations.SetOption(ctx, "alice", []string{peer}, option, delivery.Origin{})
	case 15:
		_, _, _, err = t.Conversations.CreateFolder(ctx, "alice", "work", []string{peer}, delivery.Origin{})
	case 16:
		_, _, err = t.Conversations.DeleteFolder(ctx, "alice", "work", delivery.Origin{})
	case 17:
		_, err = t.Conversations.SetDraft(ctx, "alice", peer, map[bool]string{true: "hello"}[one], delivery.Origin{})
	case 18:
		h.n++
		err = t.Messages.Import(ctx, messages.Import{
			From: from, To: to, Random: h.n, Time: h.w.Clock.Now().Unix() - h.r.Int64N(40*86_400), Live: one,
			Content: messages.Content{Elements: []messages.Element{testkit.Text("old")}},
		})
	case 19:
		err = t.Conversations.Clear(ctx, "alice", peer, delivery.Origin{})
	case 20:
		_, _, err = t.Conversations.ReadAll(ctx, "alice", delivery.Origin{})
	case 21:
		h.w.Clock.Move([]time.Duration{0, time.Millisecond, time.Second, time.Hour, 10 * 24 * time.Hour}[h.r.IntN(5)])
	}
	h.w.Clock.Move(time.Duration(h.r.IntN(3)) * 700 * time.Millisecond)
	if err != nil && fault.Of(err).Code == fault.Internal {
		h.Fatalf("%v: %v", h.log, err)
	}
}

// list reads a list page by page.
func (h *history) list(s conversations.Service, f conversations.Filter, size int) (rows []conversations.Row) {
	h.Helper()
	for after, n := (*conversations.Position)(nil), 0; n == 0 || after != nil; n++ {
		p, err := s.List(h.Context(), "alice", f, conversations.Cut{After: after, Limit: size})
		if err != nil || n > 100 || len(p.Rows) > size || len(p.Places) != len(p.Rows) {
			h.Fatalf("page %d of the list: %+v, %v", n, p, err)
		}
		rows, after = append(rows, p.Rows...), p.Next
	}
	return rows
}

// sync reads what changed, by peer.
func (h *history) sync(s conversations.Service, since int64, size int) map[string]conversations.Row {
	h.Helper()
	rows := map[string]conversations.Row{}
	for after, n := (*conversations.Position)(nil), 0; n == 0 || after != nil; n++ {
		p, err := s.Sync(h.Context(), "alice", since, conversations.Cut{After: after, Limit: size})
		if err != nil || n > 100 || len(p.Rows) > size {
			h.Fatalf("page %d of the sync: %+v, %v", n, p, err)
		}
		for _, r := range p.Rows {
			rows[r.Peer] = r
		}
		after = p.Next
	}
	return rows
}

func names(rows []conversations.Row) string {
	return peers(conversations.Page{Rows: rows})
}

// compare holds the answers from the index against those from all rows.
func (h *history) compare() {
	h.Helper()
	for _, f := range []conversations.Filter{{}, {Unread: true}, {Mark: 2}, {Folder: 1}} {
		size := []int{1, 3, 100}[h.r.IntN(3)]
		got, want := h.list(h.indexed, f, size), h.list(h.plain, f, 100)
		if !reflect.DeepEqual(got, want) {
			h.Fatalf("%v\nlist %+v by %d: got %s, want %s\n%+v\n%+v", h.log, f, size, names(got), names(want), got, want)
		}
	}
	shelf, tagged, err := h.indexed.Tagged(h.Context(), "alice")
	shelf2, tagged2, err2 := h.plain.Tagged(h.Context(), "alice")
	data := func(rows []conversations.Row) (out []string) {
		for _, r := range rows {
			out = append(out, fmt.Sprintf("%s %+v", r.Peer, r.Data))
		}
		return out
	}
	if err != nil || err2 != nil || !slices.Equal(shelf.Folders, shelf2.Folders) || !slices.Equal(data(tagged), data(tagged2)) {
		h.Fatalf("%v\ntagged: got %+v, %v, want %+v, %v", h.log, data(tagged), err, data(tagged2), err2)
	}
	now := h.w.Clock.Now().UnixMilli()
	all := h.sync(h.plain, 0, 100)
	for _, since := range []int64{0, 1, now - h.r.Int64N(5000), now - 3_600_000, now - h.r.Int64N(30*86_400_000)} {
		size := []int{1, 2, 100}[h.r.IntN(3)]
		got, want := h.sync(h.indexed, since, size), h.sync(h.plain, since, 100)
		if since == 0 && shelf.Indexed { // what shows no message is left out
			maps.DeleteFunc(want, func(_ string, r conversations.Row) bool { return r.TimeMs == 0 && r.Data == conversations.Data{} })
		}
		if !reflect.DeepEqual(got, want) {
			for _, peer := range h.peers {
				if !reflect.DeepEqual(got[peer], want[peer]) {
					h.Errorf("sync since %d by %d, %s: got %+v, want %+v", since, size, peer, got[peer], want[peer])
				}
			}
			h.Fatalf("%v", h.log)
		}
	}
	got, err := h.indexed.Count(h.Context(), "alice")
	want, err2 := h.plain.Count(h.Context(), "alice")
	for _, r := range all {
		if r.TimeMs == 0 && r.Unread() > 0 { // never in the list: NoLastMsg alone
			got, want = conversations.Count{}, conversations.Count{}
		}
	}
	if err != nil || err2 != nil || got != want {
		h.Fatalf("%v\nunread: got %+v, %v, want %+v, %v", h.log, got, err, want, err2)
	}
}

// TestIndexedEqualsPlain plays random histories, has the account indexed in their
// middle, and holds every answer from the index against that from all rows.
func TestIndexedEqualsPlain(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, seed)
			steps := 50 + h.r.IntN(50)
			begin := h.r.IntN(steps)
			var jobs []testkit.Queued[conversations.Indexing]
			for n := range steps {
				h.step()
				if n == begin {
					jobs = append(jobs, testkit.Queued[conversations.Indexing]{Job: conversations.Indexing{App: h.w.ID, User: "alice"}})
				}
				if len(jobs) > 0 && h.r.IntN(3) == 0 {
					if err := h.indexed.IndexRows(t.Context(), jobs[0].Job); err != nil {
						t.Fatal(err)
					}
					jobs = append(jobs[1:], h.w.Indexings.Take()...)
				}
				if n%15 == 14 {
					h.compare()
				}
			}
			for len(jobs) > 0 {
				if err := h.indexed.IndexRows(t.Context(), jobs[0].Job); err != nil {
					t.Fatal(err)
				}
				jobs = append(jobs[1:], h.w.Indexings.Take()...)
			}
			if shelf, err := h.indexed.Shelf(t.Context(), "alice"); err != nil || !shelf.Indexed {
				t.Fatalf("not indexed: %+v, %v", shelf, err)
			}
			h.compare()
		})
	}
}

// TestLarge: a list or a sync of an account with many rows has them indexed, once;
// until the index is complete they are read at once.
func TestLarge(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{Edition: apps.Standard})
	if err := w.Seed(t.Context(), "account alice\nrows alice 501\naccount bob\nrows bob 500\n"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Conversations
	for _, user := range []string{"bob", "alice", "alice"} {
		if p, err := s.List(t.Context(), user, conversations.Filter{}, conversations.Cut{Limit: 100}); err != nil || len(p.Rows) != 100 || p.Next != nil {
			t.Fatalf("list of %s: %d rows, %v", user, len(p.Rows), err)
		}
	}
	jobs := w.Indexings.Take()
	if len(jobs) != 2 || jobs[0].Job.User != "alice" || jobs[1] != jobs[0] {
		t.Fatalf("jobs %+v, want one for each list of alice", jobs)
	}
	for len(jobs) > 0 {
		if _, err := s.Sync(t.Context(), "alice", 0, conversations.Cut{Limit: 100}); err != nil {
			t.Fatal(err)
		}
		if again := w.Indexings.Take(); len(jobs) == 1 && len(again) > 0 {
			t.Errorf("a worker is at it, and a sync asks for another one: %+v", again)
		}
		if err := s.IndexRows(t.Context(), jobs[0].Job); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs[1:], w.Indexings.Take()...)
	}
	p, err := s.Sync(t.Context(), "alice", 0, conversations.Cut{Limit: 100})
	if err != nil || !p.Shelf.Indexed || len(p.Rows) != 100 {
		t.Errorf("indexed: %d rows, %+v, %v", len(p.Rows), p.Shelf, err)
	}
	if want := w.Clock.Now().Add(-time.Minute).UnixMilli(); p.SinceMs != want {
		t.Errorf("the next sync is from %d, want %d: as far back as the index may be behind", p.SinceMs, want)
	}
	if jobs := w.Indexings.Take(); len(jobs) > 0 {
		t.Errorf("indexed already, and asked again: %+v", jobs)
	}
	if got := strings.Count(names(p.Rows), " "); got != 99 {
		t.Errorf("%d rows", got+1)
	}
}
