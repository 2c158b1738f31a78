package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

// The rows of an account with more than 500 rows are in three indexes of the table
// (docs/adr/0026). Such a row has `ix`, its partition key, which puts it into the
// indexes. `im` of ACC says that a call which makes a row has to set `ix`. `ic` of KG says
// that all rows of the account are in the indexes, so that calls may read them. `ib` of
// KG is when a worker last worked on the account.
//
// DynamoDB updates an index by itself, a moment after the table. An index is only asked
// which rows there are. What a row says is always read from the table, except for the
// data in RowsWithData.

// indexRow makes a write put its row into the indexes if the account is indexed.
func indexRow(set *string, values Item, key Key, indexed bool) {
	if indexed {
		*set += ", " + IndexedBy + " = :ix"
		values[":ix"] = str(key.PK)
	}
}

// IndexEntries implements inbox.IndexStore.
func (s *Store) IndexEntries(ctx context.Context, app int64, user string, order inbox.Order, from, to int64, limit int) ([]inbox.IndexEntry, bool, error) {
	list, err := s.entries(ctx, app, user, order, from, to, limit+1)
	if err != nil || len(list) <= limit {
		return list, false, err
	}
	if last := list[limit-1].AtMs; last == list[limit].AtMs {
		// The page ends between entries of the same time. DynamoDB returns such entries in
		// no certain order, so all of them are read and belong to this page.
		same, err := s.entries(ctx, app, user, order, last, last, math.MaxInt32)
		if err != nil {
			return nil, false, err
		}
		first := slices.IndexFunc(list, func(e inbox.IndexEntry) bool { return e.AtMs == last })
		return append(list[:first], same...), true, nil
	}
	return list[:limit], true, nil
}

// entries reads up to limit entries of an index, newest first, or a few more: it does
// not cut the last page that DynamoDB returns.
func (s *Store) entries(ctx context.Context, app int64, user string, order inbox.Order, from, to int64, limit int) ([]inbox.IndexEntry, error) {
	name, sort := indexNewest, "t"
	if order == inbox.ByChange {
		name, sort = indexChanged, "ut"
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), IndexName: aws.String(name), ScanIndexForward: aws.Bool(false),
		Limit:                     aws.Int32(int32(limit)), // at most MaxInt32
		KeyConditionExpression:    aws.String(IndexedBy + " = :pk AND " + sort + " BETWEEN :min AND :max"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":min": num(from), ":max": num(to)},
	}
	var list []inbox.IndexEntry
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", name, err)
		}
		for _, item := range out.Items {
			if id, ok := ParseRowSK(user, text(item, "sk")); ok {
				list = append(list, inbox.IndexEntry{Chat: id, AtMs: integer(item, sort)})
			}
		}
		if out.LastEvaluatedKey == nil || len(list) >= limit {
			return list, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// RowsWithData implements inbox.IndexStore.
func (s *Store) RowsWithData(ctx context.Context, app int64, user string) ([]inbox.Row, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), IndexName: aws.String(indexWithData), KeyConditionExpression: aws.String(IndexedBy + " = :pk"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user))},
	}
	var rows []inbox.Row
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", indexWithData, err)
		}
		for _, item := range out.Items {
			if id, ok := ParseRowSK(user, text(item, "sk")); ok {
				rows = append(rows, inbox.Row{User: user, Chat: id, Data: readData(item)})
			}
		}
		if out.LastEvaluatedKey == nil {
			return rows, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// BeginIndexing implements inbox.IndexStore. It marks the account first, so that
// rows that are made from now on are in the indexes, and then writes `ib` of the head.
func (s *Store) BeginIndexing(ctx context.Context, app int64, user string, nowMs, idleMs int64) (bool, error) {
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, user), set: "SET im = :one",
		cond: "attribute_exists(pk) AND attribute_not_exists(del)", values: Item{":one": num(1)},
	})
	if _, failed := failedCondition(err); failed {
		return false, nil // the account is deleted
	}
	if err != nil {
		return false, err
	}
	_, err = s.update(ctx, update{
		table: Core, key: HeadKey(app, user), set: "SET ib = :now",
		cond:   "attribute_not_exists(ic) AND (attribute_not_exists(ib) OR ib <= :idle)",
		values: Item{":now": num(nowMs), ":idle": num(idleMs)},
	})
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	return err == nil, err
}

// ExtendIndexing implements inbox.IndexStore.
func (s *Store) ExtendIndexing(ctx context.Context, app int64, user string, nowMs int64, done bool) error {
	u := update{
		table: Core, key: HeadKey(app, user), set: "SET ib = :now", cond: "attribute_exists(ib)", values: Item{":now": num(nowMs)},
	}
	if done {
		u.set += ", ic = :one"
		u.values[":one"] = num(1)
	}
	_, err := s.update(ctx, u)
	if _, failed := failedCondition(err); failed {
		return nil // the account is deleted
	}
	return err
}

// parallelIndexWrites is how many rows are written at once.
const parallelIndexWrites = 32

// IndexRows implements inbox.IndexStore.
func (s *Store) IndexRows(ctx context.Context, app int64, user string, after chat.ID, limit int) (last chat.ID, more bool, err error) {
	in := s.rowQuery(app, user, after)
	in.ConsistentRead, in.Limit = aws.Bool(true), aws.Int32(int32(limit))
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return chat.ID{}, false, fmt.Errorf("rows to index: %w", err)
	}
	writes, ctx := errgroup.WithContext(ctx)
	writes.SetLimit(parallelIndexWrites)
	for _, item := range out.Items {
		if !has(item, IndexedBy) {
			writes.Go(func() error { return s.addToIndex(ctx, item) })
		}
	}
	if err := writes.Wait(); err != nil {
		return chat.ID{}, false, err
	}
	if out.LastEvaluatedKey == nil {
		return chat.ID{}, false, nil
	}
	last, ok := ParseRowSK(user, text(out.LastEvaluatedKey, "sk"))
	if !ok {
		return chat.ID{}, false, errors.New("rows to index: the last key is no row's: " + strconv.Quote(text(out.LastEvaluatedKey, "sk")))
	}
	return last, true, nil
}

// addToIndex puts a row, as it was read, into the indexes. If a read cursor of the row
// is newer than `ut`, which an older version of the program did not set, `ut` is set as
// well, because the index of changes is in the order of `ut`.
func (s *Store) addToIndex(ctx context.Context, item Item) error {
	key := Key{text(item, "pk"), text(item, "sk")}
	u := update{table: Core, key: key, set: "SET ix = :ix", cond: "attribute_exists(pk)", values: Item{":ix": str(key.PK)}}
	if read := max(integer(item, "rt"), integer(item, "pt")); read > integer(item, "ut") {
		withTime := u
		withTime.set, withTime.cond = "SET ix = :ix, ut = :ut", "attribute_exists(pk) AND (attribute_not_exists(ut) OR ut < :ut)"
		withTime.values = Item{":ix": str(key.PK), ":ut": num(read)}
		if _, err := s.update(ctx, withTime); err == nil {
			return nil
		} else if _, failed := failedCondition(err); !failed {
			return err
		}
	}
	_, err := s.update(ctx, u)
	if _, failed := failedCondition(err); failed {
		return nil // the row was removed
	}
	return err
}
