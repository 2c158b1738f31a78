package conversation

import (
	"testing"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// TestRepeatOfReadAllCompletesIt: a call that marks all as read is killed at each of its calls to
// DynamoDB. After its repeat all messages are read, and the peer's row says so.
func TestRepeatOfReadAllCompletesIt(t *testing.T) {
	for at := 1; at <= 12; at++ {
		for _, after := range []bool{false, true} {
			w := testkit.NewWorld(t, server, testkit.Options{})
			if err := w.Seed(t.Context(), "account alice\naccount bob\nmessage bob alice 1\nconnect bob Web w1\n"); err != nil {
				t.Fatal(err)
			}
			w.Effects()
			kill := &testkit.Interruption{At: at, After: after}
			tenant := w.TenantWith(t, nil, func(p *app.Parts) { p.Store = server.Store(kill.DynamoDB) })
			_, _, err := tenant.Inbox.MarkAllRead(t.Context(), "alice", delivery.Origin{})
			kill.Restart()
			if err != nil {
				if _, all, err := tenant.Inbox.MarkAllRead(t.Context(), "alice", delivery.Origin{}); err != nil || !all {
					t.Fatalf("killed at %d: the repeat: all %t, %v", at, all, err)
				}
			}
			ids := []chat.ID{chat.Between("alice", "bob")}
			mine, err1 := w.Store.Inbox.RowsOf(t.Context(), w.ID, "alice", ids, true)
			peers, err2 := w.Store.Inbox.RowsOf(t.Context(), w.ID, "bob", ids, true)
			if err1 != nil || err2 != nil || mine[0].Unread() != 0 || peers[0].PeerReadOffset != 1 {
				t.Errorf("killed at %d, after the call %t: %d unread, the peer's row has %d, %v, %v", at, after, mine[0].Unread(), peers[0].PeerReadOffset, err1, err2)
			}
			// If both rows were written, the devices find the change by their next sync.
			if effects := w.Effects(); len(effects) == 0 && err != nil && at <= 2 {
				t.Errorf("killed at %d, after the call %t: no device was notified", at, after)
			}
		}
	}
}
