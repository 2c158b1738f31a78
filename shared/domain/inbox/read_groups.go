package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// markGroupRead is MarkRead for a group: upTo is the number of a message. Only the user's other
// devices are notified: the members of a group do not learn what another member has read.
func (s Service) markGroupRead(ctx context.Context, user string, id chat.ID, upTo *int64, origin delivery.Origin) (ReadCursorMoved, error) {
	now := s.clock.Now().UnixMilli()
	group, _ := id.Names()
	heads, err := s.groups.GroupHeads(ctx, s.app, []string{group}, false)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	head := heads[0]
	if head == nil || head.Destroyed {
		return ReadCursorMoved{}, notMember()
	}
	number, counted := head.Number, head.Counted
	if upTo != nil && *upTo < head.Number {
		var stored bool
		if counted, stored, err = s.groups.CountedUpTo(ctx, s.app, group, *upTo); err != nil {
			return ReadCursorMoved{}, err
		}
		if number = *upTo; !stored {
			// The message has expired, and so have those before it. What is counted from here on cannot be
			// more than the messages that are stored.
			counted = max(0, head.Counted-(head.Number-number))
		}
	}
	row, moved, err := s.groups.MoveGroupCursor(ctx, s.app, user, group, number, counted, now)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	if row == nil {
		return ReadCursorMoved{}, notMember()
	}
	read := row.withHead(head)
	if read.Chat.IsZero() {
		return ReadCursorMoved{}, notMember()
	}
	cursor := ReadCursorMoved{Reader: user, Chat: id, Offset: read.ReadOffset, Unread: read.Unread(), TimeMs: now}
	if moved {
		s.delivery.DeliverAfterCommit(ctx, []string{user}, origin, cursor)
	}
	return cursor, nil
}

// markGroupRowRead moves the read cursor of a row of a group to the last message that its head
// knows, and sets moved to the row if the cursor moved.
func (s Service) markGroupRowRead(ctx context.Context, user string, r Row, nowMs int64, moved **Row) error {
	group, _ := r.Chat.Names()
	row, changed, err := s.groups.MoveGroupCursor(ctx, s.app, user, group, r.Member.Head.Number, r.Member.Head.Counted, nowMs)
	if err != nil || row == nil || !changed {
		return err
	}
	read := row.withHead(&r.Member.Head)
	if !read.Chat.IsZero() {
		*moved = &read
	}
	return nil
}
