package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// A ReadCursor tells the user's other devices that the user has read a conversation up
// to an offset.
type ReadCursor struct {
	Reader string
	Chat   chat.ID
	Offset int64
	Unread int64 // messages that are still unread
	TimeMs int64 // when the user read them
}

// A PeerReadCursor is a ReadCursor for the devices of the peer. They are not told the
// count of unread messages.
type PeerReadCursor ReadCursor

// Read moves the user's read cursor to the offset upTo, or to the peer's last message
// if upTo is nil. The peer's devices and the user's other devices are notified. An
// offset before the read cursor changes nothing. Example: alice has read up to offset
// 5. A late call of another device with offset 3 leaves the cursor at 5.
func (s Service) Read(ctx context.Context, user string, id chat.ID, upTo *int64, origin delivery.Origin) (ReadCursor, error) {
	now := s.Now().UnixMilli()
	row, moved, err := s.ReadCursors.MarkRead(ctx, s.App, user, id, upTo, now)
	if err != nil {
		return ReadCursor{}, err
	}
	cursor := ReadCursor{Reader: user, Chat: id, TimeMs: now}
	if row == nil {
		return cursor, s.checkBothAccounts(ctx, user, id)
	}
	cursor.Offset, cursor.Unread = row.ReadOffset, row.Unread()
	if !moved && row.ReadMs == 0 {
		return cursor, nil // the user has read nothing yet
	}
	if !moved {
		// This may be a repeat of a call that died before it wrote the peer's row.
		return cursor, s.ReadCursors.MarkPeerRead(ctx, s.App, user, id, row.InEpoch, row.ReadOffset, now)
	}
	if err := s.ReadCursors.MarkPeerRead(ctx, s.App, user, id, row.InEpoch, row.ReadOffset, now); err != nil {
		return ReadCursor{}, err
	}
	sessions, err := s.Delivery.Sessions(ctx, []string{user, id.Peer(user)})
	if err != nil {
		s.Delivery.LogFailure(ctx, "sessions", err) // both rows are written, so the call succeeds
		return cursor, nil
	}
	s.Delivery.LogFailure(ctx, "read mark", s.Delivery.DeliverTo(ctx, sessions[:1], origin, cursor))
	s.Delivery.LogFailure(ctx, "read mark", s.Delivery.DeliverTo(ctx, sessions[1:], delivery.Origin{}, PeerReadCursor(cursor)))
	return cursor, nil
}

// ReadUntil moves the user's read cursor to the last message that the peer sent at or
// before a time in Unix seconds.
func (s Service) ReadUntil(ctx context.Context, user string, id chat.ID, at int64) (ReadCursor, error) {
	rows, err := s.Rows.RowsOf(ctx, s.App, user, []chat.ID{id}, true)
	if err != nil {
		return ReadCursor{}, err
	}
	// If the row has not changed since that time, all of the peer's messages are
	// meant. (A message that no list shows moves ChangedMs and not TimeMs.) The offset
	// of the row that was read is passed, so that a message which arrives at this
	// moment stays unread.
	if r := rows[0]; max(r.TimeMs, r.ChangedMs)/1000 <= at {
		return s.Read(ctx, user, id, &r.InOffset, delivery.Origin{})
	}
	offset, err := s.ReadCursors.OffsetAt(ctx, s.App, user, id, rows[0].InEpoch, at)
	if err != nil {
		return ReadCursor{}, err
	}
	return s.Read(ctx, user, id, &offset, delivery.Origin{})
}

// readAllPerCall is the maximum number of conversations that one call of ReadAll
// marks as read.
const readAllPerCall = 100

// ReadAll moves the user's read cursors to the last messages, in the newest
// conversations that have messages after the read cursor. One call marks up to
// readAllPerCall conversations. ReadAll returns how many conversations it marked, and
// whether no others are left. The peers' devices and the user's other devices are
// notified. A repeat is harmless.
func (s Service) ReadAll(ctx context.Context, user string, origin delivery.Origin) (read int, all bool, err error) {
	now := s.Now()
	rows, more, err := s.newestRows(ctx, user, readAllPerCall, Row.hasUnread)
	if err != nil || len(rows) == 0 {
		return 0, err == nil, err
	}
	moved := make([]*Row, len(rows))
	run := make([]func(context.Context) error, len(rows))
	for i, r := range rows {
		run[i] = func(ctx context.Context) error {
			row, cursorMoved, err := s.ReadCursors.MarkRead(ctx, s.App, user, r.Chat, nil, now.UnixMilli())
			if err != nil || row == nil {
				return err
			}
			if cursorMoved {
				moved[i] = row
			}
			return s.ReadCursors.MarkPeerRead(ctx, s.App, user, r.Chat, row.InEpoch, row.ReadOffset, now.UnixMilli())
		}
	}
	for part := range slices.Chunk(run, 32) {
		if err := s.Parallel(ctx, part...); err != nil {
			return 0, false, err
		}
	}
	users, changed := []string{user}, []Row(nil)
	for _, r := range moved {
		if r != nil {
			users, changed = append(users, r.Peer()), append(changed, r.asOf(now))
		}
	}
	sessions, err := s.Delivery.Sessions(ctx, users)
	if err != nil {
		s.Delivery.LogFailure(ctx, "sessions", err) // all rows are written, so the call succeeds
		return len(changed), !more, nil
	}
	for part := range slices.Chunk(changed, rowsPerEvent) {
		s.Delivery.LogFailure(ctx, "rows", s.Delivery.DeliverTo(ctx, sessions[:1], origin, Changed{Rows: part}))
	}
	for i, r := range changed {
		cursor := PeerReadCursor{Reader: user, Chat: r.Chat, Offset: r.ReadOffset, TimeMs: now.UnixMilli()}
		s.Delivery.LogFailure(ctx, "read mark", s.Delivery.DeliverTo(ctx, sessions[i+1:i+2], delivery.Origin{}, cursor))
	}
	return len(changed), !more, nil
}
