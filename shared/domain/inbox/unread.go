package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
)

// A Count is how many unread messages a user has: in conversations that notify the
// user, and in conversations that the user has made silent.
type Count struct{ Notified, Silent int64 }

// MaxUnreadConversations is the maximum number of conversations whose unread messages
// are counted. They are the newest ones that have unread messages
// (docs/spec/tencent §6.0, §13).
const MaxUnreadConversations = 100

// Count counts the user's unread messages.
func (s Service) Count(ctx context.Context, user string) (Count, error) {
	rows, _, err := s.newestRows(ctx, user, MaxUnreadConversations, func(r Row) bool { return r.Unread() > 0 })
	if err != nil {
		return Count{}, err
	}
	var c Count
	for _, r := range rows {
		if r.Option == direct.OptionNotify {
			c.Notified += r.Unread()
		} else {
			c.Silent += r.Unread()
		}
	}
	return c, nil
}

// Unread returns the sum of both numbers of Count.
func (s Service) Unread(ctx context.Context, user string) (int64, error) {
	c, err := s.Count(ctx, user)
	return c.Notified + c.Silent, err
}

// UnreadFrom returns how many unread messages the user has from each of some peers.
func (s Service) UnreadFrom(ctx context.Context, user string, ids []chat.ID) ([]int64, error) {
	rows, err := s.Rows.RowsOf(ctx, s.App, user, ids, false)
	if err != nil {
		return nil, err
	}
	now, counts := s.Now(), make([]int64, len(rows))
	for i, r := range rows {
		if r.unexpired(now) {
			counts[i] = r.Unread()
		}
	}
	return counts, nil
}
