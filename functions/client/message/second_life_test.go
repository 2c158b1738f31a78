package message

import (
	"slices"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/search"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// TestSecondLifeIsSeparate deletes alice's account and imports another account with the
// same id (docs/adr/0023). The new account neither sees nor changes the messages of the
// old one, and a message that equals an old one is a new message. The peer keeps all of
// them.
func TestSecondLifeIsSeparate(t *testing.T) {
	for _, gap := range []time.Duration{0, time.Minute} { // between the two accounts; 0: both in one second
		w := testkit.NewWorld(t, server, testkit.Options{})
		if err := w.Seed(t.Context(), "edition developer\naccount alice\naccount bob\nmessage alice bob 1 old question\nmessage bob alice 2 old answer\n"+
			"message alice bob 3 same\nmessage-extensible alice bob 4\nmessage-with-receipt bob alice 5"); err != nil {
			t.Fatal(err)
		}
		s := w.TenantWith(t, func(set *apps.Settings) { set.Edition = apps.Premium }, nil)
		merged, err := s.Direct.ImportMerged(t.Context(), "alice", []content.MergedMessage{{From: "carol", Elements: []content.Element{testkit.Text("old")}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		second := w.Clock.Now().Unix()
		if err := w.Seed(t.Context(), "deleted-account alice\nsweep\nsleep "+gap.String()+"\naccount alice"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Move(accounts.MaxAhead + time.Second) // signatures that were made before are void
		by := timeline.Actor{Issued: w.Clock.Now()}
		w.Clock.Move(-accounts.MaxAhead - time.Second)
		key := func(n uint32) timeline.Key { return timeline.Key{Time: second, Seq: n, Random: n} }
		unknown := func(what string, err error) {
			t.Helper()
			if !fault.Is(err, fault.MessageUnknown) && !fault.Is(err, fault.TargetUnknown) {
				t.Errorf("%s of a message of the old account: %v", what, err)
			}
		}
		unknown("a recall", s.Timeline.Recall(t.Context(), by, "alice", chat.Between("alice", "bob"), key(1)))
		_, err = s.Timeline.Edit(t.Context(), by, "alice", chat.Between("alice", "bob"), key(1), timeline.EditRequest{Elements: textOf("new").Elements})
		unknown("an edit", err)
		unknown("a reaction", s.Timeline.React(t.Context(), by, "alice", chat.Between("alice", "bob"), key(2), "+1", true))
		_, err = s.Timeline.ExtensionsFor(t.Context(), by, "alice", "alice", chat.Between("alice", "bob"), key(4), 0)
		unknown("the extensions", err)
		_, err = s.Timeline.ChangeExtensions(t.Context(), by, "alice", "alice", chat.Between("alice", "bob"), key(4), timeline.SetExtensions, []timeline.Extension{{Key: "k", Value: "v"}})
		unknown("a new extension", err)
		if err := s.Timeline.SendReadReceipts(t.Context(), by, "alice", chat.Between("alice", "bob"), []timeline.Key{key(5)}); err != nil {
			t.Error(err)
		}
		if err := s.Timeline.DeleteForUser(t.Context(), by, "alice", chat.Between("alice", "bob"), []timeline.Key{key(1), key(2)}); err != nil {
			t.Error(err)
		}
		if _, err := s.Direct.Forward(t.Context(), direct.Forward{SendRequest: direct.SendRequest{From: "alice", To: "bob", Random: 9, Trusted: true}, MergedRequest: direct.MergedRequest{Key: merged.Key}}); !fault.Is(err, fault.KeyInvalid) {
			t.Errorf("a merged list of the old account: %v", err)
		}
		sees := func(what string, want ...string) {
			t.Helper()
			if got := texts(t, s.Timeline, "alice", "bob"); !slices.Equal(got, want) {
				t.Errorf("%s, gap %s: alice has %q, want %q", what, gap, got, want)
			}
			r, err := s.Search.Search(t.Context(), "alice", search.Query{Chat: chat.Between("alice", "bob"), Senders: []string{"alice", "bob"}, Limit: 50})
			if err != nil || len(r.Messages) != len(want) {
				t.Errorf("%s: a search finds %d, %v, want %d", what, len(r.Messages), err, len(want))
			}
			changes, err := s.Timeline.Changes(t.Context(), "alice", chat.Between("alice", "bob"), timeline.LogRange{Limit: 50, Accept: func(timeline.Message) bool { return true }})
			if err != nil || len(changes.Messages) != 0 || len(changes.Deleted) != 0 {
				t.Errorf("%s: changes %+v, %v", what, changes, err)
			}
			list, err := s.Timeline.Get(t.Context(), "alice", chat.Between("alice", "bob"), []timeline.Key{key(1), key(2), key(3)})
			if err != nil || len(list) != 0 {
				t.Errorf("%s: %d messages by key, %v", what, len(list), err)
			}
		}
		sees("after the import of the account")
		send := func(from, to string, n uint32, text string) {
			t.Helper()
			if _, err := s.Direct.Send(t.Context(), direct.SendRequest{From: from, To: to, Seq: &n, Random: n, Trusted: true, Content: textOf(text)}); err != nil {
				t.Fatal(err)
			}
		}
		send("alice", "bob", 3, "same") // equals a message that the old account sent within the idempotency window
		send("bob", "alice", 6, "new answer")
		sees("after the first messages", "same", "new answer")
		if r := row(t, w, "alice", "bob"); r.Unread() != 1 || r.OutOffset != 1 {
			t.Errorf("alice's row: %+v", r)
		}
		if r := row(t, w, "bob", "alice"); r.Unread() != 1 {
			t.Errorf("bob has %d unread of the new account: %+v", r.Unread(), r)
		}
		if err := s.Direct.Import(t.Context(), direct.Import{From: "bob", To: "alice", Random: 7, Time: second - 3600, Content: textOf("imported")}); err != nil {
			t.Fatal(err)
		}
		sees("after an import of the past", "imported", "same", "new answer")
		want := []string{"imported", "old question", "old answer", "same", "hi", "hi", "same", "new answer"}
		if got := texts(t, s.Timeline, "bob", "alice"); len(got) != len(want) {
			t.Errorf("bob has %q, want %q", got, want)
		}
	}
}
