package timeline_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/fault"
)

func stored(t *testing.T, w *testkit.World, seq uint32) timeline.Message {
	t.Helper()
	m := timeline.Message{
		Key: timeline.Key{Time: w.Clock.Now().Unix(), Seq: seq}, From: "ann", Chat: chat.Between("ann", "bob"), Offset: int64(seq), Epoch: 1,
		Expires: w.Clock.Now().Unix() + 1000, Content: content.Content{Elements: []content.Element{testkit.Text("first")}},
	}
	if _, err := w.Store.Timeline.PutMessage(t.Context(), w.ID, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func find(t *testing.T, w *testkit.World, user, peer string, m timeline.Message) timeline.Message {
	t.Helper()
	list, err := w.Store.Timeline.MessagesByKey(t.Context(), w.ID, user, chat.Between(user, peer), []timeline.Key{m.Key}, w.Clock.Now().Unix(), true)
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
		testkit.NoErrors(t, testkit.Together(8, func(i int) (err error) {
			edit := m
			edit.Content = content.Content{Elements: []content.Element{testkit.Text(fmt.Sprint("edit ", i))}}
			others[i], err = w.Store.Timeline.Edit(t.Context(), w.ID, edit, 100+version)
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
	if done, err := w.Store.Timeline.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, "+1", true); err != nil || !done {
		t.Fatal(done, err)
	}
	var done [6]bool
	testkit.NoErrors(t, testkit.Together(len(done), func(i int) (err error) {
		done[i], err = w.Store.Timeline.Recall(t.Context(), w.ID, m, 7+int64(i))
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
	if other, err := w.Store.Timeline.Edit(t.Context(), w.ID, m, 8); err != nil || other == nil || !other.Recalled {
		t.Errorf("an edit afterwards: %+v, %v", other, err)
	}
	if done, err := w.Store.Timeline.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, "+1", true); err != nil || done {
		t.Errorf("a reaction afterwards: %t, %v", done, err)
	}
}

// Each user has own reactions, up to the limit.
func TestReactionsOfEachUser(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	var made atomic.Int64
	testkit.NoErrors(t, testkit.Together(timeline.MaxReactions+4, func(i int) error {
		done, err := w.Store.Timeline.React(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), m.Key, fmt.Sprint("r", i), true)
		if done {
			made.Add(1)
		}
		return err
	}))
	if done, err := w.Store.Timeline.React(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), m.Key, "r0", true); err != nil || !done {
		t.Fatal(done, err)
	}
	now := find(t, w, "bob", "ann", m)
	if made.Load() != timeline.MaxReactions || len(now.Reactions["bob"]) != timeline.MaxReactions || !slices.Equal(now.Reactions["ann"], []string{"r0"}) {
		t.Errorf("%d reactions made: %v", made.Load(), now.Reactions)
	}
	if done, err := w.Store.Timeline.React(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), m.Key, "r0", false); err != nil || !done {
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
	if err := w.Store.Timeline.AppendOperations(t.Context(), w.ID, chat.Between("bob", "ann"), entries); err != nil {
		t.Fatal(err)
	}
	for user, peer := range map[string]string{"ann": "bob", "bob": "ann"} {
		var got []timeline.LogPosition
		q := timeline.LogRange{SinceMs: 1001, Limit: 7}
		for {
			page, err := w.Store.Timeline.LogSince(t.Context(), w.ID, user, chat.Between(user, peer), q)
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
			return w.Store.Timeline.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), m.Key)
		},
		func(ctx context.Context) error {
			return w.Store.Timeline.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), m.Key)
		},
		func(ctx context.Context) error {
			return w.Store.Timeline.Hide(ctx, w.ID, "ann", chat.Between("ann", "bob"), timeline.Key{Time: 1})
		},
		func(ctx context.Context) error { return w.Store.Timeline.SaveReadReceipt(ctx, w.ID, m, 5) },
		func(ctx context.Context) error { return w.Store.Timeline.SaveReadReceipt(ctx, w.ID, m, 6) },
	} {
		if err := run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ann, bob := find(t, w, "ann", "bob", m), find(t, w, "bob", "ann", m); !ann.Hidden || bob.Hidden || bob.ConfirmedMs != 5 {
		t.Errorf("ann sees %+v, bob %+v", ann, bob)
	}
	if list, err := w.Store.Timeline.MessagesByKey(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), []timeline.Key{{Time: 1}}, 0, true); err != nil || list[0] != nil {
		t.Errorf("deleting a message that does not exist made %v, %v", list[0], err)
	}
}

// Changes of the extensions of one message at once are made one after the other: none is
// lost, and each has its own number.
func TestExtensionChangesAtOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	svc := w.TenantWith(t, func(set *apps.Settings) { set.Edition = apps.Premium }, nil).Timeline
	m := stored(t, w, 1)
	m.Key.Seq, m.Extensible = 2, true
	if _, err := w.Store.Timeline.PutMessage(t.Context(), w.ID, m); err != nil {
		t.Fatal(err)
	}
	testkit.NoErrors(t, testkit.Together(6, func(i int) error {
		for try := 0; ; try++ {
			_, err := svc.ChangeExtensions(t.Context(), timeline.Actor{Trusted: true}, "", "ann", chat.Between("ann", "bob"), m.Key, timeline.SetExtensions,
				[]timeline.Extension{{Key: fmt.Sprint("k", i), Value: "v"}, {Key: "all", Value: fmt.Sprint(i)}})
			if !fault.Is(err, fault.EditConflict) || try == 5 {
				return err
			}
		}
	}))
	p, err := svc.ExtensionsOf(t.Context(), "bob", chat.Between("bob", "ann"), m.Key, 0)
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

// TestRecallWhoseAnswerIsLost: if the answer to a recall is lost, the client sends it again, and
// the second try finds what the first one has written. The call has recalled the message, so it
// delivers the event.
func TestRecallWhoseAnswerIsLost(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	m := stored(t, w, 1)
	twice := server.Store(func(ctx context.Context, in any, next dynamo.Call) (any, error) {
		if _, update := in.(*calls.UpdateItemInput); update {
			if _, err := next(ctx, in); err != nil {
				return nil, err
			}
		}
		return next(ctx, in)
	})
	if done, err := twice.Timeline.Recall(t.Context(), w.ID, m, 7); err != nil || !done {
		t.Errorf("got %t, %v, want true", done, err)
	}
	if done, err := w.Store.Timeline.Recall(t.Context(), w.ID, m, 8); err != nil || done {
		t.Errorf("another call: got %t, %v, want false", done, err)
	}
}
