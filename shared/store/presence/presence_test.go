package presence_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/apps"
	"parley/shared/domain/delivery"
	"parley/shared/domain/presence"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

func newWatch(t *testing.T, seed string) (*testkit.World, presence.Service) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	return w, w.Tenant(t).Presence
}

// countSubscriptions counts the subscriptions of a watcher in three ways: the items of
// the watcher, the items of those who are watched (u1, u2, ...), and the stored count.
func countSubscriptions(t *testing.T, w *testkit.World, watcher string, users int) (watched, watching, count int) {
	t.Helper()
	for after := ""; ; {
		page, more, err := w.Store.Presence.WatchedUsers(t.Context(), w.ID, watcher, after, 3)
		if err != nil {
			t.Fatal(err)
		}
		watched += len(page)
		if !more {
			break
		}
		after = page[len(page)-1]
	}
	for i := range users {
		list, _, err := w.Store.Delivery.Audience(t.Context(), w.ID, fmt.Sprintf("u%d", i+1), delivery.Watchers, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list {
			if u == watcher {
				watching++
			}
		}
	}
	_, count, err := w.Store.Presence.Watching(t.Context(), w.ID, watcher, nil)
	if err != nil {
		t.Fatal(err)
	}
	return watched, watching, count
}

// The limit of subscriptions is exact for any number of calls at once, and both items of
// each subscription and the count agree at the end.
func TestLimitHoldsForSubscriptionsAtOnce(t *testing.T) {
	t.Parallel()
	const users, limit = 12, 5
	w, _ := newWatch(t, fmt.Sprintf("account alice\naccounts %d", users))
	s := w.TenantWith(t, func(set *apps.Settings) { set.Override.Watched = limit }, nil).Presence
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for i := range users {
		wait.Go(func() {
			_, err := s.Subscribe(t.Context(), "alice", []string{fmt.Sprintf("u%d", i+1)})
			for fault.Is(err, fault.Conflict) {
				_, err = s.Subscribe(t.Context(), "alice", []string{fmt.Sprintf("u%d", i+1)})
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !fault.Is(err, fault.WatchLimit) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if a, b, n := countSubscriptions(t, w, "alice", users); done != limit || a != limit || b != limit || n != limit {
		t.Errorf("%d calls succeeded; alice has %d items, %d users have alice, the count is %d, want %d of each", done, a, b, n, limit)
	}
}

// Calls subscribe to the same users and unsubscribe at once. Both items of each
// subscription and the count agree at the end.
func TestSubscribeAndUnsubscribeAtOnce(t *testing.T) {
	t.Parallel()
	const users = 6
	w, s := newWatch(t, fmt.Sprintf("account alice\naccounts %d", users))
	var all []string
	for i := range users {
		all = append(all, fmt.Sprintf("u%d", i+1))
	}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			r := testkit.Rand(uint64(i))
			for range 6 {
				some := all[r.IntN(users):]
				var err error
				if r.IntN(2) == 0 {
					_, err = s.Subscribe(t.Context(), "alice", some)
				} else {
					err = s.Unsubscribe(t.Context(), "alice", some)
				}
				if err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if a, b, n := countSubscriptions(t, w, "alice", users); a != b || a != n {
		t.Errorf("alice has %d items, %d users have alice, the count is %d", a, b, n)
	}
}

// What a worker records about watchers does not undo a later subscription or a later
// state.
func TestRecordsOfWatchersDoNotUndoLaterOnes(t *testing.T) {
	t.Parallel()
	w, s := newWatch(t, "account alice\naccount bob\nconnect bob Web w1")
	ctx := t.Context()
	recorded := func() string {
		t.Helper()
		list, err := w.Store.Sessions.Sessions(ctx, w.ID, []string{"bob"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%q watched %t", list[0].NotifiedState, list[0].Watched())
	}
	subscribe := func() {
		t.Helper()
		if _, err := s.Subscribe(ctx, "alice", []string{"bob"}); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, `"" watched false`},
		{func() error { subscribe(); return nil }, `"" watched true`}, // the first subscription
		{func() error { return w.Store.Presence.RecordNotified(ctx, w.ID, "bob", "A", 10, 0) }, `"" watched true`},
		{func() error { return w.Store.Presence.RecordNotified(ctx, w.ID, "bob", "A", 10, 1) }, `"A" watched true`},
		{func() error { return w.Store.Presence.RecordNotified(ctx, w.ID, "bob", "B", 9, 1) }, `"A" watched true`},
		{func() error { return w.Store.Presence.RecordNotified(ctx, w.ID, "bob", "B", 11, 1) }, `"B" watched true`},
		{func() error { subscribe(); return nil }, `"" watched true`}, // the second subscription
		{func() error { return w.Store.Presence.RecordUnwatched(ctx, w.ID, "bob", 1) }, `"" watched true`},
		{func() error { return w.Store.Presence.RecordUnwatched(ctx, w.ID, "bob", 2) }, `"" watched false`},
		{func() error { subscribe(); return nil }, `"" watched true`},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if got := recorded(); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// A user connects while another one subscribes. Either the answer of the subscription says
// that the user is online, or the connect sees that the user is watched and queues a job.
func TestSubscriptionDuringAConnect(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		w, s := newWatch(t, "account alice\naccount bob")
		var wait sync.WaitGroup
		var list []*presence.Presence
		var watched bool
		var err1, err2 error
		wait.Go(func() {
			time.Sleep(time.Duration(i%5) * time.Millisecond)
			watched, err1 = connectOne(t, w)
		})
		wait.Go(func() { list, err2 = s.Subscribe(t.Context(), "alice", []string{"bob"}) })
		wait.Wait()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if !watched && list[0].State != presence.Online {
			t.Error("bob is online, and alice will never be notified")
		}
	}
}

// Forget removes the subscriptions of both directions, page by page, and may be repeated.
// What the session says of watchers is removed with the session.
func TestForgetRemovesSubscriptionsOfBothDirections(t *testing.T) {
	t.Parallel()
	w, s := newWatch(t, "account alice\naccounts 20\nwatchers alice 20\nwatch alice u1 u2 u3 u4 u5 u6 u7 u8 u9 u10\nstatus alice busy\nwatch u1 u2")
	more, pages := true, 0
	for more {
		var err error
		if more, err = s.RemoveData(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		if pages++; pages > 10 {
			t.Fatal("Forget does not end")
		}
	}
	if a, b, n := countSubscriptions(t, w, "alice", 20); a+b+n != 0 {
		t.Errorf("alice has %d items, %d users have alice, the count is %d", a, b, n)
	}
	if list, _, err := w.Store.Delivery.Audience(t.Context(), w.ID, "alice", delivery.Watchers, "", 10); err != nil || len(list) != 0 {
		t.Errorf("alice is watched by %v, %v", list, err)
	}
	if a, b, n := countSubscriptions(t, w, "u1", 20); a != 1 || b != 1 || n != 1 {
		t.Errorf("u1 has %d items, %d users have u1, the count is %d, want 1: u2", a, b, n)
	}
	if more, err := w.Tenant(t).Sessions.RemoveData(t.Context(), "alice"); more || err != nil {
		t.Errorf("forgetting the session: %t, %v", more, err)
	}
	list, err := w.Store.Sessions.Sessions(t.Context(), w.ID, []string{"alice"})
	if err != nil || list[0].Status != "" || list[0].Watched() {
		t.Errorf("session %+v, %v", list, err)
	}
	if more, err := s.RemoveData(t.Context(), "alice"); more || err != nil {
		t.Errorf("a repeat: %t, %v", more, err)
	}
	if more, err := s.RemoveData(t.Context(), "nobody"); more || err != nil {
		t.Errorf("a user without subscriptions: %t, %v", more, err)
	}
}

func connectOne(t *testing.T, w *testkit.World) (bool, error) {
	return w.Tenant(t).Sessions.Connect(t.Context(), "bob", sessions.Connection{ID: "c", Instance: "i", Platform: "Web"})
}
