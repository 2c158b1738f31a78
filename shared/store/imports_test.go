package store_test

import (
	"sync"
	"testing"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/store"
	"parley/shared/testkit"
)

func rowOf(t *testing.T, w *testkit.World, owner, peer string) conversations.Row {
	t.Helper()
	rows, err := w.Store.PeerRows(t.Context(), w.ID, owner, []string{peer}, true)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]
}

// However many past messages come at once, the list ends at the newest and the
// row at the latest end; a send that is newer stays.
func TestAdvanceAtOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	now := w.Clock.Now()
	const n = 15
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			key := messages.Key{Time: now.Unix() - 100 + int64(i)/3, Seq: uint32(i)} // three a second
			if err := w.Store.Advance(t.Context(), w.ID, "ann", "bob", messages.Advance{
				Key: key, NowMs: now.UnixMilli(), Preview: key.String(), Expires: now.Unix() + 1000 - int64(i),
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	last := messages.Key{Time: now.Unix() - 100 + (n-1)/3, Seq: n - 1}
	r := rowOf(t, w, "ann", "bob")
	if r.LastKey == nil || *r.LastKey != last || r.TimeMs != last.Time*1000 || r.Preview != last.String() || r.ChangedMs != now.UnixMilli() {
		t.Errorf("the row shows %+v, want %v", r, last)
	}
	if want := now.Unix() + 1000; r.Expires != want {
		t.Errorf("the row ends at %d, want %d", r.Expires, want)
	}
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1 sent\n"); err != nil {
		t.Fatal(err)
	}
	sent := rowOf(t, w, "ann", "bob")
	if err := w.Seed(t.Context(), "imported ann bob 1s 2 older\n"); err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, w, "ann", "bob"); r != sent && (r.Preview != "sent" || r.Out != 1 || r.TimeMs != sent.TimeMs) {
		t.Errorf("after an older import: %+v, want %+v", r, sent)
	}
}

// What a user cleared does not come back into the list.
func TestAdvanceCleared(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nclear ann bob\nimported ann bob 1m 1 old\n"); err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, w, "ann", "bob"); r.TimeMs != 0 || r.LastKey != nil {
		t.Errorf("ann, who cleared: %+v", r)
	}
	if r := rowOf(t, w, "bob", "ann"); r.Preview != "old" || r.Unread() != 0 {
		t.Errorf("bob: %+v", r)
	}
}

// A history is not counted: sends around it have the ordinals 1, 2, 3, and
// reading up to a time finds the last that has one.
func TestImportsAreNotCounted(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := func(text string) {
		t.Helper()
		if err := w.Seed(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	seed("account ann\naccount bob\nmessage ann bob 1\nsleep 10s\nimported ann bob 5s 2 past\nmessage ann bob 3\nsleep 1s\nimported ann bob 0s 4 now\n")
	if r := rowOf(t, w, "bob", "ann"); r.In != 2 || r.Unread() != 2 || r.Preview != "now" {
		t.Errorf("bob's row: %+v", r)
	}
	for at, want := range map[int64]int64{0: 1, 5: 1, 10: 2, 11: 2} {
		got, err := w.Store.OrdinalAt(t.Context(), w.ID, "bob", "ann", w.Clock.Now().Unix()-11+at)
		if err != nil || got != want {
			t.Errorf("ordinal at %d s: %d, %v, want %d", at, got, err, want)
		}
	}
	h, err := w.Tenant(t).Messages.History(t.Context(), messages.Range{User: "bob", Peer: "ann", Limit: 10})
	if err != nil || len(h.Messages) != 4 {
		t.Fatalf("%d messages, %v", len(h.Messages), err)
	}
	for i, want := range []int64{1, 0, 2, 0} {
		if got := h.Messages[i].Ordinal; got != want {
			t.Errorf("message %d: ordinal %d, want %d", i, got, want)
		}
	}
}

// The same live message from many importers at once is stored and counted
// once.
func TestLiveImportsAtOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nconnect bob Web w1\n"); err != nil {
		t.Fatal(err)
	}
	seq := uint32(1)
	s := w.Tenant(t).Messages
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := s.Import(t.Context(), messages.Import{
				From: "ann", To: "bob", Seq: &seq, Random: 1, Time: w.Clock.Now().Unix() - 1000, Live: true,
				Content: messages.Content{Elements: []messages.Element{testkit.Text("hi")}},
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if r := rowOf(t, w, "bob", "ann"); r.In != 1 || r.Unread() != 1 {
		t.Errorf("bob's row: %+v", r)
	}
	if n := len(w.Items(t, store.Msg, store.TimelinePK(w.ID, "ann", "bob"))); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
}
