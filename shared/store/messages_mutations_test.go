package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

func (a *arrivals) exclude(offsets ...int64) {
	a.Helper()
	update := timeline.RowUpdate{NowMs: a.w.Clock.Now().UnixMilli()}
	for _, n := range offsets {
		update.NoLongerUnread = append(update.NoLongerUnread, a.message(n))
	}
	if err := a.w.Store.UpdateRow(a.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), update); err != nil {
		a.Error(err)
	}
}

func noErrors(t *testing.T, errs []error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// A recalled message leaves the unread count once, whatever is recalled at the same time.
func TestRecalledMessageLeavesUnreadOnce(t *testing.T) {
	a := newArrivals(t)
	for n := range int64(12) {
		a.arrive(n+1, false)
	}
	together(8, func(i int) error {
		a.exclude(int64(i%4+1), int64(i+5)) // 1..4 twice each, 5..12 once
		return nil
	})
	a.wants("all are excluded", 0, 0)
	a.arrive(13, false)
	a.arrive(14, false)
	a.wants("two more messages came", 0, 2)
	a.read(13)
	a.exclude(12, 13)
	a.wants("messages that are read do not change the count", 13, 1)
	old := a.message(14)
	old.Epoch--
	if err := a.w.Store.UpdateRow(t.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), timeline.RowUpdate{NowMs: 1, NoLongerUnread: []timeline.Message{old}}); err != nil {
		t.Fatal(err)
	}
	a.wants("a message of another epoch does not change the count", 13, 1)
}

// The count is right even if more messages are excluded than the row has room for.
func TestMoreExclusionsThanARowHasRoomFor(t *testing.T) {
	a := newArrivals(t)
	for n := range int64(40) {
		a.arrive(n+1, false)
	}
	for n := range int64(30) {
		a.exclude(n + 1)
	}
	a.wants("thirty one by one", 0, 10)
	a.exclude(31, 32, 33, 34, 35)
	a.wants("five at once", 0, 5)
	a.read(40)
	a.wants("all messages are read", 40, 0)
}

func TestUpdateRowMakesNoRow(t *testing.T) {
	a := newArrivals(t)
	a.exclude(1)
	if rows, _, err := a.w.Store.RowsAfter(t.Context(), a.w.ID, "bob", chat.ID{}, 1000, true); err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v, want none", len(rows), err)
	}
}

// UpdateRow changes what the row shows only if the message is still the last one.
func TestUpdateRowChangesTheLastMessageOnly(t *testing.T) {
	a := newArrivals(t)
	a.arrive(1, false)
	first, preview := a.message(1).Key, "other"
	show := func(l timeline.LastShown) {
		if err := a.w.Store.UpdateRow(t.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), timeline.RowUpdate{NowMs: 7, Last: &l}); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(when string, key timeline.Key, preview string, gone bool) {
		t.Helper()
		if r := a.row(); r.LastKey == nil || *r.LastKey != key || r.Preview != preview || r.LastHasNoContent != gone || r.OperationLogMs != 7 {
			t.Errorf("%s: %+v", when, r)
		}
	}
	show(timeline.LastShown{Of: first, Preview: &preview})
	wants("edited", first, "other", false)
	show(timeline.LastShown{Of: first})
	wants("recalled", first, "", true)
	a.arrive(2, false)
	show(timeline.LastShown{Of: first, Preview: &preview})
	wants("an edit of an earlier message", a.message(2).Key, "hi", false)
	show(timeline.LastShown{Of: a.message(2).Key, Key: &first, Preview: &preview})
	wants("the last message is deleted", first, "other", false)
	show(timeline.LastShown{Of: first, None: true})
	if r := a.row(); r.LastKey != nil || r.LastHasNoContent || r.TimeMs == 0 {
		t.Errorf("the only message is deleted: %+v", r)
	}
}

func stored(t *testing.T, w *testkit.World, seq uint32) timeline.Message {
	t.Helper()
	m := timeline.Message{
		Key: timeline.Key{Time: w.Clock.Now().Unix(), Seq: seq}, From: "ann", Chat: chat.Between("ann", "bob"), Offset: int64(seq), Epoch: 1,
		Expires: w.Clock.Now().Unix() + 1000, Content: content.Content{Elements: []content.Element{testkit.Text("first")}},
	}
	if _, err := w.Store.PutMessage(t.Context(), w.ID, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func find(t *testing.T, w *testkit.World, user, peer string, m timeline.Message) timeline.Message {
	t.Helper()
	list, err := w.Store.MessagesByKey(t.Context(), w.ID, user, chat.Between(user, peer), []timeline.Key{m.Key}, w.Clock.Now().Unix(), true)
	if err != nil || len(list) != 1 || list[0] == nil {
		t.Fatalf("%v, %v", list, err)
	}
	return *list[0]
}

// Of edits at once one succeeds. The others return the message as that one has made it.
func TestOneOfManyEditsSucceeds(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	for version := range int64(3) {
		m.Version = version
		others := make([]*timeline.Message, 8)
		noErrors(t, together(8, func(i int) (err error) {
			edit := m
			edit.Content = content.Content{Elements: []content.Element{testkit.Text(fmt.Sprint("edit ", i))}}
			others[i], err = w.Store.Edit(t.Context(), w.ID, edit, 100+version)
			return err
		}))
		won := slices.Index(others, nil)
		now := find(t, w, "ann", "bob", m)
		if want := fmt.Sprint("edit ", won); won < 0 || now.Preview() != want || now.Version != version+1 || now.EditedMs != 100+version {
			t.Fatalf("version %d: %+v, want %q", version, now, want)
		}
		for i, other := range others {
			if i != won && (other == nil || other.Preview() != now.Preview()) {
				t.Errorf("version %d: edit %d returns %+v", version, i, other)
			}
		}
	}
}

// A message is recalled once. After that it cannot be edited, and nobody can react to it.
func TestRecallIsFinal(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	if done, err := w.Store.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, "+1", true); err != nil || !done {
		t.Fatal(done, err)
	}
	var done [6]bool
	noErrors(t, together(len(done), func(i int) (err error) {
		done[i], err = w.Store.Recall(t.Context(), w.ID, m, 7)
		return err
	}))
	times := 0
	for _, d := range done {
		if d {
			times++
		}
	}
	now := find(t, w, "bob", "ann", m)
	if times != 1 || !now.Recalled || now.Elements != nil || now.Reactions != nil {
		t.Errorf("recalled %d times: %+v", times, now)
	}
	if other, err := w.Store.Edit(t.Context(), w.ID, m, 8); err != nil || other == nil || !other.Recalled {
		t.Errorf("an edit afterwards: %+v, %v", other, err)
	}
	if done, err := w.Store.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, "+1", true); err != nil || done {
		t.Errorf("a reaction afterwards: %t, %v", done, err)
	}
}

// Each user has own reactions, up to the limit.
func TestReactionsOfEachUser(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	var made atomic.Int64
	noErrors(t, together(timeline.MaxReactions+4, func(i int) error {
		done, err := w.Store.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, fmt.Sprint("r", i), true)
		if done {
			made.Add(1)
		}
		return err
	}))
	if done, err := w.Store.React(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), m.Key, "r0", true); err != nil || !done {
		t.Fatal(done, err)
	}
	now := find(t, w, "bob", "ann", m)
	if made.Load() != timeline.MaxReactions || len(now.Reactions["bob"]) != timeline.MaxReactions || !slices.Equal(now.Reactions["ann"], []string{"r0"}) {
		t.Errorf("%d reactions made: %v", made.Load(), now.Reactions)
	}
	if done, err := w.Store.React(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), m.Key, "r0", false); err != nil || !done {
		t.Fatal(done, err)
	}
	if now = find(t, w, "bob", "ann", m); now.Reactions["ann"] != nil || len(now.Reactions["bob"]) != timeline.MaxReactions {
		t.Errorf("after one is removed: %v", now.Reactions)
	}
}

// Each user sees the own log entries and those for both users, in order, page by page.
func TestLogOfEachUser(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	var entries []timeline.LogEntry
	for i := range uint32(30) {
		only := []string{"", "ann", "bob"}[i%3]
		entries = append(entries, timeline.LogEntry{AtMs: 1000 + int64(i/2), Key: timeline.Key{Time: 9, Seq: 100 - i}, Only: only, Expires: 99})
	}
	if err := w.Store.Log(t.Context(), w.ID, chat.Between("bob", "ann"), entries); err != nil {
		t.Fatal(err)
	}
	for user, peer := range map[string]string{"ann": "bob", "bob": "ann"} {
		var got []timeline.LogPosition
		q := timeline.LogRange{SinceMs: 1001, Limit: 7}
		for {
			page, err := w.Store.LogSince(t.Context(), w.ID, user, chat.Between(user, peer), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				got = append(got, timeline.LogPosition{AtMs: e.AtMs, Key: e.Key})
			}
			if page.Next == nil {
				break
			}
			q.After = page.Next
		}
		var want []timeline.LogPosition
		for _, e := range entries {
			if e.AtMs >= 1001 && (e.Only == "" || e.Only == user) {
				want = append(want, timeline.LogPosition{AtMs: e.AtMs, Key: e.Key})
			}
		}
		slices.SortFunc(want, func(a, b timeline.LogPosition) int {
			if a.AtMs != b.AtMs {
				return int(a.AtMs - b.AtMs)
			}
			return int(a.Key.Seq) - int(b.Key.Seq)
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s sees\n%v, want\n%v", user, got, want)
		}
	}
}

// A message that one user deletes stays for the other one. A repeated receipt keeps the
// time of the first.
func TestHideForOneUserAndConfirmOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	for _, run := range []func(context.Context) error{
		func(ctx context.Context) error {
			return w.Store.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), m.Key)
		},
		func(ctx context.Context) error {
			return w.Store.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), m.Key)
		},
		func(ctx context.Context) error {
			return w.Store.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), timeline.Key{Time: 1})
		},
		func(ctx context.Context) error { return w.Store.Confirm(ctx, w.ID, m, 5) },
		func(ctx context.Context) error { return w.Store.Confirm(ctx, w.ID, m, 6) },
	} {
		if err := run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ann, bob := find(t, w, "ann", "bob", m), find(t, w, "bob", "ann", m); !ann.Hidden || bob.Hidden || bob.ConfirmedMs != 5 {
		t.Errorf("ann sees %+v, bob %+v", ann, bob)
	}
	if list, err := w.Store.MessagesByKey(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), []timeline.Key{{Time: 1}}, 0, true); err != nil || list[0] != nil {
		t.Errorf("deleting a message that does not exist made %v, %v", list[0], err)
	}
}

// Changes of the extensions of one message at once are made one after the other: none is
// lost, and each has its own number.
func TestExtensionChangesAtOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	svc := w.Tenant(t).Direct
	svc.Timeline.Extensible = true
	m := stored(t, w, 1)
	m.Key.Seq, m.Extensible = 2, true
	if _, err := w.Store.PutMessage(t.Context(), w.ID, m); err != nil {
		t.Fatal(err)
	}
	noErrors(t, together(6, func(i int) error {
		for try := 0; ; try++ {
			_, err := svc.Timeline.ChangeExtensions(t.Context(), timeline.Actor{Trusted: true}, "", "ann", chat.Between("ann", "bob"), m.Key, timeline.SetExtensions,
				[]timeline.Extension{{Key: fmt.Sprint("k", i), Value: "v"}, {Key: "all", Value: fmt.Sprint(i)}})
			if !fault.Is(err, fault.EditConflict) || try == 5 {
				return err
			}
		}
	}))
	p, err := svc.Timeline.ExtensionsOf(t.Context(), "bob", chat.Between("bob", "ann"), m.Key, 0)
	if err != nil || !p.Complete || p.Latest != 12 || len(p.List) != 7 {
		t.Fatalf("%+v, %v", p, err)
	}
	last := int64(0)
	for _, extension := range p.List {
		if extension.Seq <= last {
			t.Errorf("the numbers are not in order: %+v", p.List)
		}
		last = extension.Seq
	}
}
