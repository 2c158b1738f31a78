package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
)

func readRow(item Item) conversations.Row {
	peer, _ := ParsePeerSK(text(item, "sk"))
	read, skipped := integer(item, "d"), int64(0)
	if !has(item, "rt") {
		read, skipped = 0, read
	}
	return conversations.Row{
		Peer: peer, TimeMs: integer(item, "t"), LastKey: readKey(item, "k"), Preview: text(item, "pv"),
		LastGone: has(item, "k") && !has(item, "pv"), OperationMs: integer(item, "op"),
		Out: integer(item, "o"), OutGeneration: integer(item, "g"),
		In: integer(item, "i"), InGeneration: integer(item, "gi"),
		Read: read, Skipped: skipped, ReadMs: integer(item, "rt"), ChangedMs: integer(item, "ut"),
		PeerRead: integer(item, "pr"), PeerReadMs: integer(item, "pt"),
		Quiet: quietAfter(item, read+skipped), Cleared: readKey(item, "cl"), Expires: rowExpires(item),
		DraftMs: integer(item, "dt"), Data: readData(item),
	}
}

// rowExpires is when a row's messages are gone: `x` is that of the item. A row
// that only data or a draft made holds none.
func rowExpires(item Item) int64 {
	switch {
	case has(item, "e"):
		return integer(item, "e")
	case has(item, "kx"):
		return 0
	}
	return integer(item, "x")
}

func readKey(item Item, name string) *messages.Key {
	if k, ok := ParseMessageSK(text(item, name)); ok {
		return &k
	}
	return nil
}

// Rows implements conversations.Store.
func (s *Store) Rows(ctx context.Context, app int64, user, after string, limit int, strong bool) ([]conversations.Row, bool, error) {
	in := s.rowQuery(app, user, after)
	in.ConsistentRead = &strong
	var rows []conversations.Row
	for {
		in.Limit = aws.Int32(int32(limit - len(rows))) //nolint:gosec // positive, and small
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("conversation rows: %w", err)
		}
		rows = append(rows, readable(ctx, out.Items, func(item Item) (conversations.Row, bool) {
			r := readRow(item)
			return r, r.Peer != ""
		})...)
		if out.LastEvaluatedKey == nil || len(rows) >= limit {
			return rows, out.LastEvaluatedKey != nil, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// rowQuery reads a user's rows in order of peers, after one.
func (s *Store) rowQuery(app int64, user, after string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:                 s.name(Core),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":sk": str(prefixPeer)},
	}
	if after != "" {
		in.ExclusiveStartKey = PeerKey(app, user, after).attributes()
	}
	return in
}

// PeerRows implements conversations.Store.
func (s *Store) PeerRows(ctx context.Context, app int64, user string, peers []string, strong bool) ([]conversations.Row, error) {
	keys := make([]Key, len(peers))
	for i, p := range peers {
		keys[i] = PeerKey(app, user, p)
	}
	items, err := s.getAll(ctx, Core, keys, strong)
	if err != nil {
		return nil, err
	}
	rows := make([]conversations.Row, len(items))
	for i, item := range items {
		if item != nil {
			rows[i] = readRow(item)
		}
	}
	return rows, nil
}

// MarkRead implements conversations.Store.
func (s *Store) MarkRead(ctx context.Context, app int64, user, peer string, upTo *int64, nowMs int64) (*conversations.Row, bool, error) {
	for {
		u := update{
			table: Core, key: PeerKey(app, user, peer), returning: types.ReturnValueAllNew,
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
			row := readRow(item)
			return &row, true, nil
		}
		item, failed := refused(err)
		if !failed {
			return nil, false, err
		}
		if item == nil || !has(item, "i") {
			return nil, false, nil
		}
		row := readRow(item)
		if upTo != nil && *upTo > row.In && row.Read < row.In {
			upTo = nil // past the last message: all of it
			continue
		}
		if upTo == nil || *upTo == 0 || *upTo != row.Skipped {
			return &row, false, nil
		}
		// Read before its own arrival: what a later message took as gone is read.
		u.set, u.cond = "SET rt = :now, ut = :now", "d = :n AND attribute_not_exists(rt)"
		if item, err = s.update(ctx, u); err == nil {
			row = readRow(item)
			return &row, true, nil
		}
		if _, failed = refused(err); !failed {
			return nil, false, err
		}
	}
}

// MarkPeerRead implements conversations.Store.
func (s *Store) MarkPeerRead(ctx context.Context, app int64, sender, reader string, generation, ordinal, nowMs int64) error {
	_, err := s.update(ctx, update{
		table: Core, key: PeerKey(app, sender, reader),
		set:    "SET pr = :n, pt = :now, ut = :now",
		cond:   "g = :g AND (attribute_not_exists(pr) OR pr < :n)",
		values: Item{":n": num(ordinal), ":now": num(nowMs), ":g": num(generation)},
	})
	if _, failed := refused(err); failed {
		return nil
	}
	return err
}

// disorder is how much later, in seconds, than the last message that was sent one
// with a lower ordinal may have begun: as long as the longest call that sends.
const disorder = 20

// OrdinalAt implements conversations.Store. The last message by key is not always
// the one with the highest ordinal: those of a second stand by sequence, and calls
// overtake each other.
func (s *Store) OrdinalAt(ctx context.Context, app int64, user, peer string, at int64) (int64, error) {
	in := s.timelineQuery(app, messages.Range{User: user, Peer: peer, MaxSec: at, Limit: 50})
	in.FilterExpression = aws.String("f = :f AND n > :none") // imported history has no ordinal
	in.ExpressionAttributeValues[":f"] = num(side(peer, user))
	in.ExpressionAttributeValues[":none"] = num(0)
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
				unreadable(ctx, item, "key")
				continue
			}
			if newest == 0 {
				newest = k.Time
			}
			if k.Time < newest-disorder {
				return highest, nil
			}
			highest = max(highest, integer(item, "n"))
		}
		if last := readKey(out.LastEvaluatedKey, "sk"); out.LastEvaluatedKey == nil || (newest > 0 && last != nil && last.Time < newest-disorder) {
			return highest, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Bounds implements messages.Store.
func (s *Store) Bounds(ctx context.Context, app int64, user, peer string) (messages.Bounds, error) {
	items, err := s.getAll(ctx, Core, []Key{PeerKey(app, user, peer), AccountKey(app, user)}, false)
	if err != nil {
		return messages.Bounds{}, err
	}
	return messages.Bounds{Cleared: readKey(items[0], "cl"), Born: integer(items[1], "rb")}, nil
}

// timelineQuery reads a range newest first.
func (s *Store) timelineQuery(app int64, q messages.Range) *dynamodb.QueryInput {
	from, to := "m", "n" // all messages: 'n' follows every key that begins with 'm'
	if q.MinSec > 0 {
		from = MessageSK(messages.Key{Time: q.MinSec})
	}
	if q.After != nil {
		from = max(from, MessageSK(*q.After)+"+") // the least key after it
	}
	if q.MaxSec > 0 {
		to = MessageSK(messages.Key{Time: q.MaxSec, Seq: 1<<32 - 1, Random: 1<<32 - 1})
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Msg), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(q.Limit)), //nolint:gosec // small
		ConsistentRead:         aws.Bool(q.Strong),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{
			":pk": str(TimelinePK(app, q.User, q.Peer)), ":from": str(from), ":to": str(to),
		},
	}
	if q.Before != nil {
		// BETWEEN includes its ends; starting after the key itself leaves it out. The
		// end is moved as well: DynamoDB Local walks from there to the start key.
		if before := MessageSK(*q.Before); before <= to {
			in.ExpressionAttributeValues[":to"] = str(before)
			in.ExclusiveStartKey = Key{TimelinePK(app, q.User, q.Peer), before}.attributes()
		}
	}
	return in
}

// ForgetConversations implements conversations.Store.
func (s *Store) ForgetConversations(ctx context.Context, app int64, user string) (more bool, err error) {
	strong, limit := true, int32(writesAtOnce)
	out, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: s.name(Core), ConsistentRead: &strong, Limit: &limit, ProjectionExpression: aws.String("pk, sk"),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":sk": str(prefixConversation)},
	})
	if err != nil {
		return false, fmt.Errorf("forget conversations: %w", err)
	}
	return out.LastEvaluatedKey != nil, s.deleteAll(ctx, Core, out.Items)
}
