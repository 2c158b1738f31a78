package inbox

import (
	"context"

	"parley/shared/domain/chat"
)

// A Count is how many unread messages a user has: in conversations that notify the
// user, and in all others.
type Count struct{ Notified, Silent int64 }

// MaxUnreadConversations is the maximum number of conversations whose unread messages
// are counted. They are the newest ones that have unread messages
// (docs/spec/tencent §6.0, §13).
const MaxUnreadConversations = 100

// Count counts the user's unread messages: in the MaxUnreadConversations newest conversations
// that have any, among the 500 newest rows, at most MaxUnread in each. The reads are not strong.
func (s Service) Count(ctx context.Context, user string) (Count, error) {
	return s.count(ctx, user, func(r Row) bool { return r.Unread() > 0 })
}

// count counts the unread messages of the newest conversations that wanted accepts.
func (s Service) count(ctx context.Context, user string, wanted func(Row) bool) (c Count, err error) {
	rows, _, err := s.newestRows(ctx, user, MaxUnreadConversations, wanted)
	if err != nil {
		return Count{}, err
	}
	for _, r := range rows {
		if r.notifies() {
			c.Notified += r.Unread()
		} else {
			c.Silent += r.Unread()
		}
	}
	return c, nil
}

// UnreadDirect returns how many unread messages the user has in one-to-one conversations, with the
// limits of Count.
func (s Service) UnreadDirect(ctx context.Context, user string) (int64, error) {
	c, err := s.count(ctx, user, func(r Row) bool { return r.Member == nil && r.Unread() > 0 })
	return c.Notified + c.Silent, err
}

// UnreadFrom returns how many unread messages the user has from each of some peers.
func (s Service) UnreadFrom(ctx context.Context, user string, ids []chat.ID) ([]int64, error) {
	rows, err := s.rowsOf(ctx, user, ids, false)
	if err != nil {
		return nil, err
	}
	now, counts := s.clock.Now(), make([]int64, len(rows))
	for i, r := range rows {
		if r.unexpired(now) {
			counts[i] = r.Unread()
		}
	}
	return counts, nil
}
