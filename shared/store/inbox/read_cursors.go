package inbox

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// MoveReadCursor implements inbox.ReadCursorStore. The read cursor only moves forward. Example:
// one device of bob reads up to offset 5, and then another one, whose call was slow, up
// to offset 3: the cursor stays at 5.
//
// A user can read a message before CountArrival has counted it on the user's row.
// Example: Alice sends the messages 1 and 2, and message 2 is counted first. Bob's row
// begins with RowRead = 1, as if message 1 were gone. Bob's device, which shows both, marks
// message 1 as read: RowReadTime is set, and RowRead becomes the read cursor.
func (s *Store) MoveReadCursor(ctx context.Context, app int64, user string, id chat.ID, upTo *int64, nowMs int64) (*domain.Row, bool, error) {
	key := schema.RowKey(app, user, id)
	for {
		item, ok, err := s.core.Update(ctx, markRead(key, upTo, nowMs))
		if err != nil {
			return nil, false, err
		}
		if !ok && !item.Has(schema.RowInOffset) {
			return nil, false, nil
		}
		r := row(user, item)
		if ok {
			return &r, true, nil
		}
		if upTo != nil && *upTo > r.InOffset && r.ReadOffset < r.InOffset {
			upTo = nil // past the last message: everything is read
			continue
		}
		if upTo == nil || *upTo == 0 || *upTo != r.ExpiredOffset {
			return &r, false, nil
		}
		// The messages up to upTo were taken as gone. Now they are read.
		item, ok, err = s.core.Update(ctx, readNow(key, nowMs).
			If(dynamo.Equals(schema.RowRead, dynamo.Num(*upTo)), dynamo.Absent(schema.RowReadTime)))
		if err != nil {
			return nil, false, err
		}
		if ok {
			r = row(user, item)
			return &r, true, nil
		}
	}
}

// readNow returns an update of a row that notes that the user reads it now.
func readNow(row dynamo.Key, nowMs int64) *dynamo.Update {
	now := dynamo.Num(nowMs)
	return dynamo.NewUpdate(row).ReturnNew().Set(schema.RowReadTime, now).Set(schema.RowChanged, now)
}

// markRead returns the update of a row whose user has read up to an offset, or everything if
// upTo is nil.
func markRead(row dynamo.Key, upTo *int64, nowMs int64) *dynamo.Update {
	u := readNow(row, nowMs)
	if upTo == nil {
		return u.Copy(schema.RowRead, schema.RowInOffset).Remove(schema.RowExcluded, schema.RowExcludedOlder, schema.RowExcludedUpTo).
			If(dynamo.Exists(schema.RowInOffset), dynamo.AbsentOr(dynamo.LessThanAttribute(schema.RowRead, schema.RowInOffset)))
	}
	offset := dynamo.Num(*upTo)
	return u.Set(schema.RowRead, offset).
		If(dynamo.AtLeast(schema.RowInOffset, offset), dynamo.AbsentOr(dynamo.Less(schema.RowRead, offset)))
}

// CopyReadCursorToPeer implements inbox.ReadCursorStore. It changes nothing if the sender's row
// is in another epoch: then the offset belongs to messages that have expired.
func (s *Store) CopyReadCursorToPeer(ctx context.Context, app int64, reader string, id chat.ID, epoch, offset, nowMs int64) (copied bool, err error) {
	to, now := dynamo.Num(offset), dynamo.Num(nowMs)
	_, copied, err = s.core.Update(ctx, dynamo.NewUpdate(schema.RowKey(app, id.Peer(reader), id)).
		Set(schema.RowPeerRead, to).Set(schema.RowPeerReadTime, now).Set(schema.RowChanged, now).
		If(dynamo.Equals(schema.RowOutEpoch, dynamo.Num(epoch)), dynamo.AbsentOr(dynamo.Less(schema.RowPeerRead, to))))
	return copied, err
}

// longestSend is the greatest time, in seconds, between the time in the key of a message and
// the moment at which it gets its offset: a message that is this much older than another one
// has a lower offset. The repeat of a batch has the time of the first call, and may come at the
// end of the idempotency window.
const longestSend = int64((timeline.IdempotencyWindow + timeouts.Overlap) / time.Second)

// OffsetAt implements inbox.ReadCursorStore. The newest message by key need not have the
// highest offset, because messages of one second are in the order of their sequence,
// and a call that begins later may get its offset earlier. Example: message A has time
// 100 and offset 8, message B time 101 and offset 7. So OffsetAt looks at all messages
// of the longestSend seconds before the newest one. It leaves out live imports of the past:
// a message of 11:00 that was imported after those of 12:00 has a higher offset than they.
func (s *Store) OffsetAt(ctx context.Context, app int64, user string, id chat.ID, epoch, at int64) (int64, error) {
	if at <= 0 {
		return 0, nil // a bound of 0 would be no bound
	}
	q, _ := items.TimelineQuery(app, timeline.HistoryRange{User: user, Chat: id, MaxSec: at, Limit: 50, Strong: true})
	q.Filter = dynamo.All(
		dynamo.Equals(schema.MessageFrom, dynamo.Num(id.Side(id.Peer(user)))),
		dynamo.Greater(schema.MessageOffset, dynamo.Num(0)), // an imported past message has no offset
		dynamo.Equals(schema.MessageEpoch, dynamo.Num(epoch)),
	)
	var highest, newest int64
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return 0, err
		}
		for _, item := range page.Items {
			k, ok := schema.ParseMessageSK(id, item.SK())
			if !ok {
				items.NoteUnreadable(ctx, item, "key")
				continue
			}
			if imported := item.Int(schema.MessageImported); imported-k.Time > longestSend {
				continue // a live import of the past: it has its offset since the import
			}
			if newest == 0 {
				newest = k.Time
			}
			if k.Time < newest-longestSend {
				return highest, nil
			}
			highest = max(highest, item.Int(schema.MessageOffset))
		}
		if last, ok := schema.ParseMessageSK(id, page.LastKey().SK); ok && newest > 0 && last.Time < newest-longestSend {
			return highest, nil
		}
	}
	return highest, nil
}
