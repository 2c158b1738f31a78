package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/timeouts"
)

// MarkRead implements inbox.ReadCursorStore. The read cursor only moves forward. Example:
// one device of bob reads up to offset 5, and then another one, whose call was slow, up
// to offset 3: the cursor stays at 5.
//
// A user can read a message before CountArrival has counted it on the user's row.
// Example: Alice sends the messages 1 and 2, and message 2 is counted first. Bob's row
// begins with `d` = 1, as if message 1 were gone. Bob's device, which shows both, marks
// message 1 as read: `rt` is set, and `d` becomes the read cursor.
func (s *Store) MarkRead(ctx context.Context, app int64, user string, id chat.ID, upTo *int64, nowMs int64) (*inbox.Row, bool, error) {
	for {
		u := update{
			table: Core, key: RowKey(app, user, id), returning: types.ReturnValueAllNew,
			set: "SET d = i, rt = :now, ut = :now REMOVE nq, nu, nf", cond: "attribute_exists(i) AND (attribute_not_exists(d) OR d < i)",
			values: Item{":now": num(nowMs)},
		}
		if upTo != nil {
			u.set = "SET d = :n, rt = :now, ut = :now"
			u.cond = "i >= :n AND (attribute_not_exists(d) OR d < :n)"
			u.values[":n"] = num(*upTo)
		}
		item, err := s.update(ctx, u)
		if err == nil {
			row := readRow(user, item)
			return &row, true, nil
		}
		item, failed := failedCondition(err)
		if !failed {
			return nil, false, err
		}
		if item == nil || !has(item, "i") {
			return nil, false, nil
		}
		row := readRow(user, item)
		if upTo != nil && *upTo > row.InOffset && row.ReadOffset < row.InOffset {
			upTo = nil // past the last message: everything is read
			continue
		}
		if upTo == nil || *upTo == 0 || *upTo != row.ExpiredOffset {
			return &row, false, nil
		}
		// The messages up to upTo were taken as gone. Now they are read.
		u.set, u.cond = "SET rt = :now, ut = :now", "d = :n AND attribute_not_exists(rt)"
		if item, err = s.update(ctx, u); err == nil {
			row = readRow(user, item)
			return &row, true, nil
		}
		if _, failed = failedCondition(err); !failed {
			return nil, false, err
		}
	}
}

// MarkPeerRead implements inbox.ReadCursorStore. It changes nothing if the sender's row
// is in another epoch: then the offset belongs to messages that have expired.
func (s *Store) MarkPeerRead(ctx context.Context, app int64, reader string, id chat.ID, epoch, offset, nowMs int64) error {
	_, err := s.update(ctx, update{
		table: Core, key: RowKey(app, id.Peer(reader), id),
		set:    "SET pr = :n, pt = :now, ut = :now",
		cond:   "g = :g AND (attribute_not_exists(pr) OR pr < :n)",
		values: Item{":n": num(offset), ":now": num(nowMs), ":g": num(epoch)},
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
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
// of the longestSend seconds before the newest one.
func (s *Store) OffsetAt(ctx context.Context, app int64, user string, id chat.ID, epoch, at int64) (int64, error) {
	if at <= 0 {
		return 0, nil // a bound of 0 would be no bound
	}
	in := s.timelineQuery(app, timeline.HistoryRange{User: user, Chat: id, MaxSec: at, Limit: 50})
	in.FilterExpression = aws.String("f = :f AND n > :none AND g = :g") // an imported past message has no offset
	in.ExpressionAttributeValues[":f"] = num(id.Side(id.Peer(user)))
	in.ExpressionAttributeValues[":none"], in.ExpressionAttributeValues[":g"] = num(0), num(epoch)
	in.ConsistentRead = aws.Bool(true)
	var highest, newest int64
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return 0, err
		}
		for _, item := range out.Items {
			k := readKey(item, "sk")
			if k == nil {
				noteUnreadable(ctx, item, "key")
				continue
			}
			if newest == 0 {
				newest = k.Time
			}
			if k.Time < newest-longestSend {
				return highest, nil
			}
			highest = max(highest, integer(item, "n"))
		}
		if last := readKey(out.LastEvaluatedKey, "sk"); out.LastEvaluatedKey == nil || (newest > 0 && last != nil && last.Time < newest-longestSend) {
			return highest, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
