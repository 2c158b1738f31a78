package session

import (
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// TestSyncFindsWhatALongCallWrites: a batch takes the time 12:00:00, a device of alice syncs
// at 12:00:24, and the batch writes alice's row at 12:00:25, when the longest call ends, with
// the time 12:00:00. The next sync of the device has the row (docs/data-model.md §9).
func TestSyncFindsWhatALongCallWrites(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\nmessage bob alice 1 hi"); err != nil {
		t.Fatal(err)
	}
	page := inbox.PageRequest{Limit: 100}
	w.Clock.Move(time.Hour)
	began := w.Clock.Now()
	w.Clock.Move(timeouts.LongestCall - time.Second)
	before, err := w.Tenant(t).Inbox.Sync(t.Context(), "alice", began.UnixMilli(), page)
	if err != nil || len(before.Rows) != 0 {
		t.Fatalf("%d rows changed, %v, want 0", len(before.Rows), err)
	}
	w.Clock.Move(time.Second)
	if err := w.SetAttributes(t.Context(), schema.Core, schema.RowKey(w.ID, "alice", chat.Between("alice", "bob")), dynamo.Item{"ut": testkit.Number(began.UnixMilli())}); err != nil {
		t.Fatal(err)
	}
	after, err := w.Tenant(t).Inbox.Sync(t.Context(), "alice", before.SinceMs, page)
	if err != nil || len(after.Rows) != 1 {
		t.Errorf("%d rows changed, %v, want 1", len(after.Rows), err)
	}
}
