package message

import (
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

// TestMessageLifeTime shows that a short life time removes the message from the history
// and keeps the rows that count it (docs/spec/tencent §6.1). A life time that is longer
// than the application's retention is cut to the retention.
func TestMessageLifeTime(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Direct
	send := func(random uint32, retention time.Duration) {
		t.Helper()
		if _, err := s.Send(t.Context(), direct.SendRequest{
			From: "alice", To: "bob", Random: random, Retention: retention, Trusted: true, NeedReceipt: random == 1, Extensible: random == 2,
			Content: content.Content{Elements: []content.Element{testkit.Text("hi")}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	history := func() []timeline.Message {
		t.Helper()
		h, err := w.Tenant(t).Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return h.Messages
	}
	send(1, time.Minute)
	send(2, 0)
	send(3, 1000*24*time.Hour)
	list := history()
	if len(list) != 3 {
		t.Fatalf("%d messages, want 3", len(list))
	}
	for _, m := range list {
		if m.NeedReceipt != (m.Random == 1) || m.Extensible != (m.Random == 2) {
			t.Errorf("message %d: receipt %t, extensible %t", m.Random, m.NeedReceipt, m.Extensible)
		}
	}
	now := w.Clock.Now().Unix()
	for _, item := range w.PartitionItems(t, schema.Msg, schema.TimelinePK(w.ID, chat.Between("alice", "bob"))) {
		if testkit.IntOf(item, "x") > now+30*24*3600 {
			t.Errorf("a message expires at %d, after the application's retention", testkit.IntOf(item, "x"))
		}
	}
	w.Clock.Move(time.Minute)
	if list := history(); len(list) != 2 {
		t.Errorf("after a minute: %d messages, want 2", len(list))
	}
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, "bob", chat.BetweenEach("bob", []string{"alice"}), true)
	if err != nil || rows[0].InOffset != 3 || rows[0].Expires != now+30*24*3600 {
		t.Errorf("bob's row: %+v, %v", rows, err)
	}
}

// TestDiscardedMessagesAreCounted shows that a message of a conversation with the receive
// option 2 is in the history and in the count of unread messages.
func TestDiscardedMessagesAreCounted(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\nmessage alice bob 1\nreceive-option bob alice 2\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Tenant(t).Direct.Send(t.Context(), direct.SendRequest{
		From: "alice", To: "bob", Random: 2, Issued: w.Clock.Now(), Content: content.Content{Elements: []content.Element{testkit.Text("hi")}},
	}); err != nil {
		t.Fatal(err)
	}
	h, err := w.Tenant(t).Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: 10})
	if err != nil || len(h.Messages) != 2 {
		t.Errorf("%d messages, %v, want 2", len(h.Messages), err)
	}
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, "bob", chat.BetweenEach("bob", []string{"alice"}), true)
	if err != nil || rows[0].Unread() != 2 {
		t.Errorf("bob's row: %+v, %v", rows, err)
	}
}
