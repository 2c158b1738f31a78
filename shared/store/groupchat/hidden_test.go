package groupchat_test

import (
	"slices"
	"sync"
	"testing"

	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// TestMessagesHiddenAtOnce: calls of one member's devices at the same time hide all the messages that
// they name, each once, and count those of others as unread no more. A user who is not a member hides
// nothing.
func TestMessagesHiddenAtOnce(t *testing.T) {
	f := newFixture(t, groups.Public)
	for random := range uint32(8) {
		f.send(f.request("ann", random))
	}
	id := chat.OfGroup("g")
	var calls sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		calls.Go(func() {
			keys := []timeline.Key{timeline.KeyOfNumber(int64(i + 1)), timeline.KeyOfNumber(int64(i/2 + 1))}
			errs[i] = f.tenant.Timeline.DeleteForUser(t.Context(), timeline.Actor{Trusted: true}, "bob", id, slices.Compact(keys))
		})
	}
	calls.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	row := f.Item(t, schema.Core, schema.RowKey(f.ID, "bob", id))
	for _, a := range []schema.Attribute{schema.RowHidden, schema.RowHiddenUnread} {
		got := row.IntSet(a)
		if slices.Sort(got); !slices.Equal(got, []int64{1, 2, 3, 4, 5, 6, 7, 8}) {
			t.Errorf("%s: got %v, want 1 to 8", a, got)
		}
	}
	h, err := f.tenant.Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: id, Limit: 10})
	if err != nil || len(h.Messages) != 0 {
		t.Errorf("history of bob: got %d messages, %v, want none", len(h.Messages), err)
	}
	if err := f.tenant.Timeline.DeleteForUser(t.Context(), timeline.Actor{Trusted: true}, "eve", id, []timeline.Key{timeline.KeyOfNumber(1)}); !fault.Is(err, fault.MemberUnknown) {
		t.Errorf("eve hides a message: %v, want MemberUnknown", err)
	}
}
