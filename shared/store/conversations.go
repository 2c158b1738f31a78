package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
)

// readRow reads a row of a user. `d` is the read cursor if the user has read something (`rt` is
// there). Else it is the offset up to which messages were gone when the row began.
func readRow(user string, item Item) inbox.Row {
	id, _ := ParseRowSK(user, text(item, "sk"))
	read, goneBefore := integer(item, "d"), int64(0)
	if !has(item, "rt") {
		read, goneBefore = 0, read
	}
	return inbox.Row{
		User: user, Chat: id, TimeMs: integer(item, "t"), LastKey: readKey(item, "k"), Preview: text(item, "pv"),
		LastHasNoContent: has(item, "k") && !has(item, "pv"), OperationLogMs: integer(item, "op"),
		OutOffset: integer(item, "o"), OutEpoch: integer(item, "g"),
		InOffset: integer(item, "i"), InEpoch: integer(item, "gi"),
		ReadOffset: read, ExpiredOffset: goneBefore, ReadMs: integer(item, "rt"), ChangedMs: integer(item, "ut"),
		PeerReadOffset: integer(item, "pr"), PeerReadMs: integer(item, "pt"),
		UnreadExcluded: exclusionsAfter(item, read+goneBefore), HiddenUpTo: readKey(item, "cl"), Expires: rowExpires(item),
		DraftMs: integer(item, "dt"), Data: readData(item),
	}
}

// rowExpires returns when the messages of a row expire, 0 if the row never had any: data
// or a draft has made it. `x` is when the item expires, which is later if the row has
// data.
func rowExpires(item Item) int64 {
	switch {
	case has(item, "e"):
		return integer(item, "e")
	case has(item, "kx"):
		return 0
	}
	return integer(item, "x")
}

func readKey(item Item, name string) *timeline.Key {
	if k, ok := ParseMessageSK(text(item, name)); ok {
		return &k
	}
	return nil
}

// RowsAfter implements inbox.RowStore.
func (s *Store) RowsAfter(ctx context.Context, app int64, user string, after chat.ID, limit int, strong bool) ([]inbox.Row, bool, error) {
	in := s.rowQuery(app, user, after)
	in.ConsistentRead = &strong
	var rows []inbox.Row
	for {
		in.Limit = aws.Int32(int32(limit - len(rows))) // positive, and small
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("conversation rows: %w", err)
		}
		rows = append(rows, readItems(ctx, out.Items, func(item Item) (inbox.Row, bool) {
			r := readRow(user, item)
			return r, !r.Chat.IsZero()
		})...)
		if out.LastEvaluatedKey == nil || len(rows) >= limit {
			return rows, out.LastEvaluatedKey != nil, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// rowQuery returns a query of a user's rows in the order of their conversations, after one.
func (s *Store) rowQuery(app int64, user string, after chat.ID) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:                 s.name(Core),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":sk": str(prefixRow)},
	}
	if !after.IsZero() {
		in.ExclusiveStartKey = RowKey(app, user, after).attributes()
	}
	return in
}

// RowsOf implements inbox.RowStore.
func (s *Store) RowsOf(ctx context.Context, app int64, user string, ids []chat.ID, strong bool) ([]inbox.Row, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = RowKey(app, user, id)
	}
	items, err := s.getAll(ctx, Core, keys, strong)
	if err != nil {
		return nil, err
	}
	rows := make([]inbox.Row, len(items))
	for i, item := range items {
		if item != nil {
			rows[i] = readRow(user, item)
		}
	}
	return rows, nil
}

// LastCounted implements inbox.RowStore. A message that the row has not counted
// yet must not be hidden: it will be counted and delivered. Example: ann deletes the
// conversation when bob's message 3 is stored and ann's row has counted 2. Everything up
// to message 2 is hidden.
func (s *Store) LastCounted(ctx context.Context, app int64, user string, r inbox.Row) (*timeline.Key, error) {
	in := s.timelineQuery(app, timeline.HistoryRange{User: user, Chat: r.Chat, Limit: 10})
	in.ConsistentRead = aws.Bool(true)
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("last message: %w", err)
		}
		for _, item := range out.Items {
			epoch, counted := r.InEpoch, r.InOffset
			if int(integer(item, "f")) == r.Chat.Side(user) {
				epoch, counted = r.OutEpoch, r.OutOffset
			}
			if g := integer(item, "g"); g < epoch || (g == epoch && integer(item, "n") <= counted) {
				if key, ok := ParseMessageSK(text(item, "sk")); ok {
					return &key, nil
				}
				noteUnreadable(ctx, item, "key")
			}
		}
		if out.LastEvaluatedKey == nil {
			return nil, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// ForgetConversations implements inbox.RowStore.
func (s *Store) ForgetConversations(ctx context.Context, app int64, user string) (more bool, err error) {
	strong, limit := true, int32(maxBatchWrites)
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
