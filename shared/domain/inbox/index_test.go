package inbox_test

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

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/parallel"
	"parley/shared/timeouts"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// noIndex is a HeadStore that hides the index, so that a call reads all rows.
type noIndex struct{ inbox.HeadStore }

func (s noIndex) Head(ctx context.Context, app int64, user string, strong bool) (inbox.Head, error) {
	h, err := s.HeadStore.Head(ctx, app, user, strong)
	h.Indexed = false
	return h, err
}

// shortFirstRead is a RowStore whose first read returns only one row, so that the Service
// looks for the index of a user with few rows.
type shortFirstRead struct{ inbox.RowStore }

func (s shortFirstRead) RowsAfter(ctx context.Context, app int64, user string, after chat.ID, limit int, strong bool) ([]inbox.Row, bool, error) {
	if after.IsZero() && limit == 101 {
		limit = 1
	}
	return s.RowStore.RowsAfter(ctx, app, user, after, limit, strong)
}

// A randomRun plays random operations with the conversations of alice.
type randomRun struct {
	*testing.T
	w       *testkit.World
	r       *rand.Rand
	peers   []string
	sent    map[string][]timeline.Key // keys of the messages, by peer
	from    map[timeline.Key]string   // senders of the messages
	random  uint32                    // of the last message
	indexed inbox.Service             // reads the index if there is one
	noIndex inbox.Service             // reads all rows
	log     []string                  // the steps so far
}

func newRandomRun(t *testing.T, seed uint64) *randomRun {
	w := testkit.NewWorld(t, server, testkit.Options{})
	run := &randomRun{T: t, w: w, r: testkit.Rand(seed), sent: map[string][]timeline.Key{}, from: map[timeline.Key]string{}}
	a, err := w.App.Apps.Get(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.Settings.Override.Conversations = []int{3, 8, 8, 20}[run.r.IntN(4)]
	if _, err := w.App.Apps.Update(t.Context(), w.ID, a.Settings); err != nil {
		t.Fatal(err)
	}
	for i := range 4 + run.r.IntN(14) {
		run.peers = append(run.peers, fmt.Sprintf("p%02d", i))
	}
	for _, id := range append(slices.Clone(run.peers), "alice") {
		if err := w.Tenant(t).Accounts.Import(t.Context(), accounts.Import{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		run.group(fmt.Sprintf("g%d", i))
	}
	set := a.Settings.InForce()
	service := func(rows inbox.RowStore, heads inbox.HeadStore) inbox.Service {
		return inbox.New(
			w.ID, inbox.Settings{Limit: set.Conversations, FoldersIncluded: set.Folders},
			rows, heads, w.Store.Inbox, w.Store.Inbox, w.Tenant(t).Members, w.Store.Inbox, w.IndexJobs, w.Store.Accounts, w.Tenant(t).Delivery, w.Clock, parallel.Goroutines{},
		)
	}
	run.indexed = service(shortFirstRead{w.Store.Inbox}, w.Store.Inbox)
	run.noIndex = service(w.Store.Inbox, noIndex{w.Store.Inbox})
	return run
}

// step plays one operation. Some operations are refused, and change nothing.
func (run *randomRun) step() {
	run.Helper()
	ctx, t, peer := run.Context(), run.w.Tenant(run.T), run.peers[run.r.IntN(len(run.peers))]
	from, to := peer, "alice"
	if run.r.IntN(3) == 0 {
		from, to = to, from
	}
	if run.r.IntN(4) == 0 {
		run.groupStep()
		return
	}
	one, kind := run.r.IntN(2) == 0, run.r.IntN(22)
	run.log = append(run.log, fmt.Sprintf("%d %s %s %t", kind, from, to, one))
	var err error
	switch kind {
	case 0, 1, 2, 3, 4, 5:
		run.random++
		request := direct.SendRequest{From: from, To: to, Random: run.random, Trusted: true, Content: content.Content{Elements: []content.Element{testkit.Text("x")}}}
		request.ExcludedFromUnread = run.r.IntN(6) == 0
		request.ExcludedFromLast = run.r.IntN(8) == 0 && len(run.sent[peer]) > 0
		var receipt direct.SendResult
		if receipt, err = t.Direct.Send(ctx, request); err == nil {
			run.sent[peer], run.from[receipt.Key] = append(run.sent[peer], receipt.Key), from
		}
	case 6, 7:
		_, err = t.Inbox.MarkRead(ctx, to, chat.Between(to, from), nil, delivery.Origin{})
	case 8:
		if len(run.sent[peer]) > 0 {
			k := run.sent[peer][run.r.IntN(len(run.sent[peer]))]
			from := run.from[k]
			to := map[bool]string{true: peer, false: "alice"}[from == "alice"]
			err = t.Timeline.Recall(ctx, timeline.Actor{Trusted: true}, from, chat.Between(from, to), k)
		}
	case 9:
		err = t.Inbox.DeleteConversation(ctx, "alice", chat.Between("alice", peer), one, delivery.Origin{})
	case 10, 11:
		_, err = t.Inbox.Pin(ctx, "alice", chat.Between("alice", peer), one, delivery.Origin{})
	case 12, 13:
		_, err = t.Inbox.SetLabels(ctx, "alice", chat.BetweenEach("alice", []string{peer}), []inbox.LabelChange{map[bool]inbox.LabelChange{true: {Set: []int{2}}, false: {Clear: []int{2}}}[one]}, delivery.Origin{})
	case 14:
		option := groups.ReceiveOption(run.r.IntN(3))
		_, err = t.Inbox.SetOption(ctx, "alice", chat.BetweenEach("alice", []string{peer}), option, delivery.Origin{})
	case 15:
		_, _, _, err = t.Inbox.CreateFolder(ctx, "alice", "work", chat.BetweenEach("alice", []string{peer}), delivery.Origin{})
	case 16:
		_, _, err = t.Inbox.DeleteFolder(ctx, "alice", "work", delivery.Origin{})
	case 17:
		_, err = t.Inbox.SetDraft(ctx, "alice", chat.Between("alice", peer), map[bool]string{true: "hello"}[one], delivery.Origin{})
	case 18:
		run.random++
		err = t.Direct.Import(ctx, direct.Import{
			From: from, To: to, Random: run.random, Time: run.w.Clock.Now().Unix() - run.r.Int64N(40*86_400), Live: one,
			Content: content.Content{Elements: []content.Element{testkit.Text("old")}},
		})
	case 19:
		err = t.Inbox.ClearHistory(ctx, "alice", chat.Between("alice", peer), delivery.Origin{})
	case 20:
		_, _, err = t.Inbox.MarkAllRead(ctx, "alice", delivery.Origin{})
	case 21:
		run.w.Clock.Move([]time.Duration{0, time.Millisecond, time.Second, time.Hour, 10 * 24 * time.Hour}[run.r.IntN(5)])
	}
	run.w.Clock.Move(time.Duration(run.r.IntN(3)) * 700 * time.Millisecond)
	if err != nil && fault.Of(err).Code == fault.Internal {
		run.Fatalf("%v: %v", run.log, err)
	}
}

// list reads the whole list page by page.
func (run *randomRun) list(s inbox.Service, f inbox.Filter, size int) (rows []inbox.Row) {
	run.Helper()
	for after, n := (*inbox.Position)(nil), 0; n == 0 || after != nil; n++ {
		p, err := s.List(run.Context(), "alice", f, inbox.PageRequest{After: after, Limit: size})
		if err != nil || n > 100 || len(p.Rows) > size || len(p.Positions) != len(p.Rows) {
			run.Fatalf("page %d of the list: %+v, %v", n, p, err)
		}
		rows, after = append(rows, p.Rows...), p.Next
	}
	return rows
}

// sync reads page by page the rows that have changed, and returns them by peer.
func (run *randomRun) sync(s inbox.Service, since int64, size int) map[string]inbox.Row {
	run.Helper()
	rows := map[string]inbox.Row{}
	for after, n := (*inbox.Position)(nil), 0; n == 0 || after != nil; n++ {
		p, err := s.Sync(run.Context(), "alice", since, inbox.PageRequest{After: after, Limit: size})
		if err != nil || n > 100 || len(p.Rows) > size {
			run.Fatalf("page %d of the sync: %+v, %v", n, p, err)
		}
		for _, r := range p.Rows {
			rows[name(r)] = r
		}
		after = p.Next
	}
	return rows
}

// names returns the peers of rows, in order.
func names(rows []inbox.Row) string {
	return peers(inbox.Page{Rows: rows})
}

// compare compares the answers from the index with the answers from all rows.
func (run *randomRun) compare() {
	run.Helper()
	for _, f := range []inbox.Filter{{}, {Unread: true}, {Label: 2}, {Folder: 1}} {
		size := []int{1, 3, 100}[run.r.IntN(3)]
		got, want := run.list(run.indexed, f, size), run.list(run.noIndex, f, 100)
		if !reflect.DeepEqual(got, want) {
			run.Fatalf("%v\nlist %+v by %d: got %s, want %s\n%+v\n%+v", run.log, f, size, names(got), names(want), got, want)
		}
	}
	head, labelled, err := run.indexed.ListLabelled(run.Context(), "alice")
	wantHead, wantLabelled, err2 := run.noIndex.ListLabelled(run.Context(), "alice")
	data := func(rows []inbox.Row) (out []string) {
		for _, r := range rows {
			out = append(out, fmt.Sprintf("%s %+v", name(r), r.Data))
		}
		return out
	}
	if err != nil || err2 != nil || !slices.Equal(head.Folders, wantHead.Folders) || !slices.Equal(data(labelled), data(wantLabelled)) {
		run.Fatalf("%v\nlabelled: got %+v, %v, want %+v, %v", run.log, data(labelled), err, data(wantLabelled), err2)
	}
	now := run.w.Clock.Now().UnixMilli()
	all := run.sync(run.noIndex, 0, 100)
	for _, since := range []int64{0, 1, now - run.r.Int64N(5000), now - 3_600_000, now - run.r.Int64N(30*86_400_000)} {
		size := []int{1, 2, 100}[run.r.IntN(3)]
		got, want := run.sync(run.indexed, since, size), run.sync(run.noIndex, since, 100)
		if since == 0 && head.Indexed { // rows without a message and without data are left out
			maps.DeleteFunc(want, func(_ string, r inbox.Row) bool { return r.TimeMs == 0 && r.Data == inbox.Data{} })
		}
		if !reflect.DeepEqual(got, want) {
			for _, peer := range append(slices.Clone(run.peers), "g0", "g1", "g2") {
				if !reflect.DeepEqual(got[peer], want[peer]) {
					run.Errorf("sync since %d by %d, %s: got %+v, want %+v", since, size, peer, got[peer], want[peer])
				}
			}
			run.Fatalf("%v", run.log)
		}
	}
	got, err := run.indexed.Count(run.Context(), "alice")
	want, err2 := run.noIndex.Count(run.Context(), "alice")
	for _, r := range all {
		if r.TimeMs == 0 && r.Unread() > 0 { // all its messages had NoLast, so it is not in the list
			got, want = inbox.Count{}, inbox.Count{}
		}
	}
	if err != nil || err2 != nil || got != want {
		run.Fatalf("%v\nunread: got %+v, %v, want %+v, %v", run.log, got, err, want, err2)
	}
}

// TestIndexAnswersLikeAllRows plays random operations. In the middle of them the account
// is indexed. Every answer from the index must equal the answer from all rows.
func TestIndexAnswersLikeAllRows(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			run := newRandomRun(t, seed)
			steps := 50 + run.r.IntN(50)
			begin := run.r.IntN(steps)
			var jobs []testkit.Queued[inbox.IndexJob]
			for n := range steps {
				run.step()
				if n == begin {
					jobs = append(jobs, testkit.Queued[inbox.IndexJob]{Job: inbox.IndexJob{App: run.w.ID, User: "alice"}})
				}
				if len(jobs) > 0 && run.r.IntN(3) == 0 {
					if err := run.indexed.IndexRows(t.Context(), jobs[0].Job); err != nil {
						t.Fatal(err)
					}
					jobs = append(jobs[1:], run.w.IndexJobs.Take()...)
				}
				if n%15 == 14 {
					run.compare()
				}
			}
			for len(jobs) > 0 {
				if err := run.indexed.IndexRows(t.Context(), jobs[0].Job); err != nil {
					t.Fatal(err)
				}
				jobs = append(jobs[1:], run.w.IndexJobs.Take()...)
			}
			if head, err := run.indexed.Head(t.Context(), "alice"); err != nil || !head.Indexed {
				t.Fatalf("not indexed: %+v, %v", head, err)
			}
			run.compare()
		})
	}
}

// TestAccountWithManyRowsIsIndexedOnce shows that a list or a sync of an account with
// more than 500 rows queues an indexing job, unless a worker is indexing it or has done
// so. Until the index is complete, a call reads all rows.
func TestAccountWithManyRowsIsIndexedOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{Edition: apps.Standard})
	if err := w.Seed(t.Context(), "account alice\nrows alice 501\naccount bob\nrows bob 500\n"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Inbox
	for _, user := range []string{"bob", "alice", "alice"} {
		if p, err := s.List(t.Context(), user, inbox.Filter{}, inbox.PageRequest{Limit: 100}); err != nil || len(p.Rows) != 100 || p.Next != nil {
			t.Fatalf("list of %s: %d rows, %v", user, len(p.Rows), err)
		}
	}
	jobs := w.IndexJobs.Take()
	if len(jobs) != 2 || jobs[0].Job.User != "alice" || jobs[1] != jobs[0] {
		t.Fatalf("jobs %+v, want one job for each list of alice", jobs)
	}
	for len(jobs) > 0 {
		if _, err := s.Sync(t.Context(), "alice", 0, inbox.PageRequest{Limit: 100}); err != nil {
			t.Fatal(err)
		}
		if again := w.IndexJobs.Take(); len(jobs) == 1 && len(again) > 0 {
			t.Errorf("a worker is indexing, and a sync queues another job: %+v", again)
		}
		if err := s.IndexRows(t.Context(), jobs[0].Job); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs[1:], w.IndexJobs.Take()...)
	}
	p, err := s.Sync(t.Context(), "alice", 0, inbox.PageRequest{Limit: 100})
	if err != nil || !p.Head.Indexed || len(p.Rows) != 100 {
		t.Errorf("indexed: %d rows, %+v, %v", len(p.Rows), p.Head, err)
	}
	if want := w.Clock.Now().Add(-timeouts.Overlap - 40*time.Second).UnixMilli(); p.SinceMs != want {
		t.Errorf("the next sync is from %d, want %d, because the index may be behind", p.SinceMs, want)
	}
	if jobs := w.IndexJobs.Take(); len(jobs) > 0 {
		t.Errorf("the account is indexed, and a job is queued: %+v", jobs)
	}
	if got := strings.Count(names(p.Rows), " "); got != 99 {
		t.Errorf("%d rows", got+1)
	}
}
