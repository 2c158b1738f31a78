package inbox_test

import (
	"slices"
	"testing"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

func TestUnreadIsTheDifferenceOfOffsets(t *testing.T) {
	for _, c := range []struct {
		in, read, excluded, want int64
	}{
		{0, 0, 0, 0}, {5, 2, 0, 3}, {5, 2, 1, 2}, {5, 5, 0, 0}, {5, 5, 1, 0}, {5, 9, 0, 0}, {250, 0, 0, 250}, {251, 0, 0, 250},
		{1 << 40, 1, 1, 250}, {300, 0, 60, 240},
	} {
		r := inbox.Row{InOffset: c.in, ReadOffset: c.read, UnreadExcluded: c.excluded}
		if got := r.Unread(); got != c.want {
			t.Errorf("in %d, read %d, excluded %d: %d unread, want %d", c.in, c.read, c.excluded, got, c.want)
		}
	}
}

func TestUnreadOfExpiredMessagesIsZero(t *testing.T) {
	m := &memory{rows: []inbox.Row{
		{User: "me", Chat: chat.Between("me", "a"), InOffset: 3}, {User: "me", Chat: chat.Between("me", "b"), TimeMs: 1, InOffset: 400}, {User: "me", Chat: chat.Between("me", "gone"), InOffset: 9, Expires: nowMs / 1000}, {User: "me", Chat: chat.Between("me", "c"), InOffset: 2, ReadOffset: 2},
	}}
	if got, err := service(m, 1).UnreadDirect(t.Context(), "u"); err != nil || got != 253 {
		t.Errorf("unread of all conversations: %d, %v, want 253", got, err)
	}
	got, err := service(m, 1).UnreadFrom(t.Context(), "me", chat.BetweenEach("me", []string{"c", "nobody", "gone", "a", "b"}))
	if want := []int64{0, 0, 0, 3, 250}; err != nil || !slices.Equal(got, want) {
		t.Errorf("unread from each peer: %v, %v, want %v", got, err, want)
	}
}
