package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A ReadCursorMoved tells the user's other devices that the user has read a conversation up
// to an offset; in a group, up to a number.
type ReadCursorMoved struct {
	Reader string
	Chat   chat.ID
	Offset int64
	Unread int64 // messages that are still unread
	TimeMs int64 // when the user read them
}

// A PeerReadCursorMoved is a ReadCursorMoved for the devices of the peer. They are not told the
// count of unread messages.
type PeerReadCursorMoved ReadCursorMoved

// MarkRead moves the user's read cursor to the offset upTo, or to the peer's last message
// if upTo is nil. The peer's devices and the user's other devices are notified. An
// offset before the read cursor changes nothing. Example: alice has read up to offset
// 5. A late call of another device with offset 3 leaves the cursor at 5.
func (s Service) MarkRead(ctx context.Context, user string, id chat.ID, upTo *int64, origin delivery.Origin) (ReadCursorMoved, error) {
	if id.Kind() == chat.Group {
		return s.markGroupRead(ctx, user, id, upTo, origin)
	}
	now := s.clock.Now().UnixMilli()
	row, moved, err := s.readCursors.MoveReadCursor(ctx, s.app, user, id, upTo, now)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	cursor := ReadCursorMoved{Reader: user, Chat: id, TimeMs: now}
	if row == nil {
		return cursor, s.checkBothAccounts(ctx, user, id)
	}
	cursor.Offset, cursor.Unread = row.ReadOffset, row.Unread()
	if !moved && row.ReadMs == 0 {
		return cursor, nil // the user has read nothing yet
	}
	copied, err := s.readCursors.CopyReadCursorToPeer(ctx, s.app, user, id, row.InEpoch, row.ReadOffset, now)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	if !moved && !copied {
		return cursor, nil // nothing has changed
	}
	// If only the peer's row has changed, this is a repeat of a call that died before it wrote
	// that row, and no device was notified.
	sessions, err := s.delivery.Sessions(ctx, []string{user, id.Peer(user)})
	if err != nil {
		s.delivery.LogFailure(ctx, "sessions", err) // both rows are written, so the call succeeds
		return cursor, nil
	}
	s.delivery.LogFailure(ctx, "read mark", s.delivery.DeliverTo(ctx, sessions[:1], origin, cursor))
	s.delivery.LogFailure(ctx, "read mark", s.delivery.DeliverTo(ctx, sessions[1:], delivery.Origin{}, PeerReadCursorMoved(cursor)))
	return cursor, nil
}

// MarkReadUntil moves the user's read cursor to the last message that the peer sent at or
// before a time in Unix seconds.
func (s Service) MarkReadUntil(ctx context.Context, user string, id chat.ID, at int64) (ReadCursorMoved, error) {
	if id.Kind() == chat.Group {
		return ReadCursorMoved{}, fault.New(fault.Invalid, "messages of a group are read up to a number")
	}
	rows, err := s.rows.RowsOf(ctx, s.app, user, []chat.ID{id}, true)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	// If the row has not changed since that time, all of the peer's messages are
	// meant. (A message that no list shows moves ChangedMs and not TimeMs.) The offset
	// of the row that was read is passed, so that a message which arrives at this
	// moment stays unread.
	if r := rows[0]; max(r.TimeMs, r.ChangedMs)/1000 <= at {
		return s.MarkRead(ctx, user, id, &r.InOffset, delivery.Origin{})
	}
	offset, err := s.readCursors.OffsetAt(ctx, s.app, user, id, rows[0].InEpoch, at)
	if err != nil {
		return ReadCursorMoved{}, err
	}
	return s.MarkRead(ctx, user, id, &offset, delivery.Origin{})
}

// readAllPerCall is the maximum number of conversations that one call of MarkAllRead
// marks as read.
const readAllPerCall = 100

// MarkAllRead moves the user's read cursors to the last messages, in the newest
// conversations that have messages after the read cursor. One call marks up to
// readAllPerCall conversations, among the 500 newest rows. MarkAllRead returns how many
// conversations it marked, and whether none of these rows has unread messages now. The peers' devices and the user's other devices are
// notified. A repeat is harmless.
func (s Service) MarkAllRead(ctx context.Context, user string, origin delivery.Origin) (read int, all bool, err error) {
	now := s.clock.Now()
	rows, more, err := s.newestRows(ctx, user, readAllPerCall, Row.hasUnread)
	if err != nil || len(rows) == 0 {
		return 0, err == nil, err
	}
	moved := make([]*Row, len(rows))
	run := make([]func(context.Context) error, len(rows))
	for i, r := range rows {
		run[i] = func(ctx context.Context) error {
			if r.Member != nil {
				return s.markGroupRowRead(ctx, user, r, now.UnixMilli(), &moved[i])
			}
			// The peer's row is first. If the call dies between the two, the user's row still has
			// unread messages, so that a repeat of the call finds it.
			if _, err := s.readCursors.CopyReadCursorToPeer(ctx, s.app, user, r.Chat, r.InEpoch, r.InOffset, now.UnixMilli()); err != nil {
				return err
			}
			row, cursorMoved, err := s.readCursors.MoveReadCursor(ctx, s.app, user, r.Chat, nil, now.UnixMilli())
			if err != nil || row == nil {
				return err
			}
			if cursorMoved {
				moved[i] = row
			}
			if row.InEpoch == r.InEpoch && row.ReadOffset == r.InOffset {
				return nil
			}
			// A message has arrived since the rows were read.
			_, err = s.readCursors.CopyReadCursorToPeer(ctx, s.app, user, r.Chat, row.InEpoch, row.ReadOffset, now.UnixMilli())
			return err
		}
	}
	for part := range slices.Chunk(run, 32) {
		if err := s.parallel.Run(ctx, part...); err != nil {
			return 0, false, err
		}
	}
	users, changed, directs := []string{user}, []Row(nil), []Row(nil)
	for _, r := range moved {
		if r != nil {
			changed = append(changed, r.asOf(now))
		}
		if r != nil && r.Member == nil {
			users, directs = append(users, r.Peer()), append(directs, r.asOf(now))
		}
	}
	sessions, err := s.delivery.Sessions(ctx, users)
	if err != nil {
		s.delivery.LogFailure(ctx, "sessions", err) // all rows are written, so the call succeeds
		return len(changed), !more, nil
	}
	for part := range slices.Chunk(changed, rowsPerEvent) {
		s.delivery.LogFailure(ctx, "rows", s.delivery.DeliverTo(ctx, sessions[:1], origin, RowsChanged{Rows: part}))
	}
	for i, r := range directs {
		cursor := PeerReadCursorMoved{Reader: user, Chat: r.Chat, Offset: r.ReadOffset, TimeMs: now.UnixMilli()}
		s.delivery.LogFailure(ctx, "read mark", s.delivery.DeliverTo(ctx, sessions[i+1:i+2], delivery.Origin{}, cursor))
	}
	return len(changed), !more, nil
}
