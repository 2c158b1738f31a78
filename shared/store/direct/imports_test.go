package direct_test

import (
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

func rowOf(t *testing.T, w *testkit.World, owner, peer string) inbox.Row {
	t.Helper()
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, owner, chat.BetweenEach(owner, []string{peer}), true)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0]
}

// Many past messages are imported at once. The row shows the newest one and expires with
// the last one that expires. A newer message that was sent stays.
func TestImportsAtOnceShowTheNewestMessage(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	now := w.Clock.Now()
	const n = 15
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			key := timeline.Key{Time: now.Unix() - 100 + int64(i)/3, Seq: uint32(i)} // three a second
			if err := w.Store.Direct.AdvanceRow(t.Context(), w.ID, "ann", chat.Between("ann", "bob"), direct.RowUpdateOfImport{
				Key: key, NowMs: now.UnixMilli(), Preview: key.String(), Expires: now.Unix() + 1000 - int64(i),
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	last := timeline.Key{Time: now.Unix() - 100 + (n-1)/3, Seq: n - 1}
	r := rowOf(t, w, "ann", "bob")
	if r.LastKey == nil || *r.LastKey != last || r.TimeMs != last.Time*1000 || r.Preview != last.String() || r.ChangedMs != now.UnixMilli() {
		t.Errorf("the row shows %+v, want %v", r, last)
	}
	if want := now.Unix() + 1000; r.Expires != want {
		t.Errorf("the messages of the row expire at %d, want %d", r.Expires, want)
	}
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessage ann bob 1 sent\n"); err != nil {
		t.Fatal(err)
	}
	sent := rowOf(t, w, "ann", "bob")
	if err := w.Seed(t.Context(), "import-message ann bob 1s 2 older\n"); err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, w, "ann", "bob"); r != sent && (r.Preview != "sent" || r.OutOffset != 1 || r.TimeMs != sent.TimeMs) {
		t.Errorf("after an older import: %+v, want %+v", r, sent)
	}
}

// An imported message does not bring back a history that a user has cleared.
func TestImportIntoAClearedConversation(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nclear-history ann bob\nimport-message ann bob 1m 1 old\n"); err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, w, "ann", "bob"); r.TimeMs != 0 || r.LastKey != nil {
		t.Errorf("ann, who cleared: %+v", r)
	}
	if r := rowOf(t, w, "bob", "ann"); r.Preview != "old" || r.Unread() != 0 {
		t.Errorf("bob: %+v", r)
	}
}

// Imported past messages have no offset: the messages that are sent before and after them
// have 1 and 2. OffsetAt finds the last message that has an offset.
func TestImportedMessagesHaveNoOffset(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := func(text string) {
		t.Helper()
		if err := w.Seed(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	seed("account ann\naccount bob\nmessage ann bob 1\nsleep 10s\nimport-message ann bob 5s 2 past\nmessage ann bob 3\nsleep 1s\nimport-message ann bob 0s 4 now\n")
	if r := rowOf(t, w, "bob", "ann"); r.InOffset != 2 || r.Unread() != 2 || r.Preview != "now" {
		t.Errorf("bob's row: %+v", r)
	}
	now, epoch := w.Clock.Now().Unix(), rowOf(t, w, "bob", "ann").InEpoch
	for _, c := range []struct {
		name            string
		epoch, at, want int64
	}{
		{"at the first message", epoch, now - 11, 1}, {"before the second message", epoch, now - 6, 1}, {"at the second message", epoch, now - 1, 2},
		{"now", epoch, now, 2}, {"before all messages", epoch, now - 12, 0}, {"no time", epoch, 0, 0},
		{"messages of an earlier epoch do not count", epoch + 1, now, 0},
	} {
		if got, err := w.Store.Inbox.OffsetAt(t.Context(), w.ID, "bob", chat.Between("bob", "ann"), c.epoch, c.at); err != nil || got != c.want {
			t.Errorf("%s: offset %d, %v, want %d", c.name, got, err, c.want)
		}
	}
	h, err := w.Tenant(t).Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "ann"), Limit: 10})
	if err != nil || len(h.Messages) != 4 {
		t.Fatalf("%d messages, %v", len(h.Messages), err)
	}
	for i, want := range []int64{1, 0, 2, 0} {
		if got := h.Messages[i].Offset; got != want {
			t.Errorf("message %d: offset %d, want %d", i, got, want)
		}
	}
}

// Many calls import the same live message at once. It is stored once and counted once.
func TestSameLiveImportAtOnceCountsOnce(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nconnect bob Web w1\n"); err != nil {
		t.Fatal(err)
	}
	seq := uint32(1)
	s := w.Tenant(t).Direct
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := s.Import(t.Context(), direct.Import{
				From: "ann", To: "bob", Seq: &seq, Random: 1, Time: w.Clock.Now().Unix() - 1000, Live: true,
				Content: content.Content{Elements: []content.Element{testkit.Text("hi")}},
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if r := rowOf(t, w, "bob", "ann"); r.InOffset != 1 || r.Unread() != 1 {
		t.Errorf("bob's row: %+v", r)
	}
	if n := len(w.PartitionItems(t, schema.Msg, schema.TimelinePK(w.ID, chat.Between("ann", "bob")))); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
}
