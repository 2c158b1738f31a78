package direct_test

import (
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

func (a *arrivals) exclude(offsets ...int64) {
	a.Helper()
	update := timeline.RowUpdate{NowMs: a.w.Clock.Now().UnixMilli()}
	for _, n := range offsets {
		update.NoLongerUnread = append(update.NoLongerUnread, a.message(n))
	}
	if err := a.w.Store.Timeline.UpdateRow(a.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), update); err != nil {
		a.Error(err)
	}
}

// A recalled message leaves the unread count once, whatever is recalled at the same time.
func TestRecalledMessageLeavesUnreadOnce(t *testing.T) {
	a := newArrivals(t)
	for n := range int64(12) {
		a.arrive(n+1, false)
	}
	testkit.Together(8, func(i int) error {
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
	if err := a.w.Store.Timeline.UpdateRow(t.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), timeline.RowUpdate{NowMs: 1, NoLongerUnread: []timeline.Message{old}}); err != nil {
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
	if rows, _, err := a.w.Store.Inbox.RowsAfter(t.Context(), a.w.ID, "bob", chat.ID{}, 1000, true); err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v, want none", len(rows), err)
	}
}

// UpdateRow changes what the row shows only if the message is still the last one.
func TestUpdateRowChangesTheLastMessageOnly(t *testing.T) {
	a := newArrivals(t)
	a.arrive(1, false)
	first, preview := a.message(1).Key, "other"
	show := func(l timeline.LastShown) {
		if err := a.w.Store.Timeline.UpdateRow(t.Context(), a.w.ID, "bob", chat.Between("bob", "ann"), timeline.RowUpdate{NowMs: 7, Last: &l}); err != nil {
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
