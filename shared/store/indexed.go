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

	"parley/shared/domain/conversations"
)

// The rows of an account that has very many are in three indexes of the table
// (docs/adr/0026): those rows have `ix`, which is their partition key. Whoever
// makes a row learns from `im` of ACC that the account is one of these; readers
// learn from `ic` of KG that all of its rows are there. `ib` of KG is when a
// worker was last at it.
//
// An index follows the table by itself, a moment later. It is asked for nothing
// but which rows there are: what a row says is always read from the table.

// indexRow makes a write put the row into the indexes.
func indexRow(set *string, values Item, key Key, indexed bool) {
	if indexed {
		*set += ", " + IndexedBy + " = :ix"
		values[":ix"] = str(key.PK)
	}
}

// Entries implements conversations.IndexStore.
func (s *Store) Entries(ctx context.Context, app int64, user string, order conversations.Order, from, to int64, limit int) ([]conversations.Entry, bool, error) {
	list, err := s.entries(ctx, app, user, order, from, to, limit+1)
	if err != nil || len(list) <= limit {
		return list, false, err
	}
	if last := list[limit-1].AtMs; last == list[limit].AtMs {
		// DynamoDB gives entries of one time in no certain order: all of them are read.
		same, err := s.entries(ctx, app, user, order, last, last, math.MaxInt32)
		if err != nil {
			return nil, false, err
		}
		first := slices.IndexFunc(list, func(e conversations.Entry) bool { return e.AtMs == last })
		return append(list[:first], same...), true, nil
	}
	return list[:limit], true, nil
}

// entries reads up to a number of entries of an index, newest first.
func (s *Store) entries(ctx context.Context, app int64, user string, order conversations.Order, from, to int64, limit int) ([]conversations.Entry, error) {
	name, sort := indexNewest, "t"
	if order == conversations.ByChange {
		name, sort = indexChanged, "ut"
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), IndexName: aws.String(name), ScanIndexForward: aws.Bool(false),
		Limit:                     aws.Int32(int32(limit)), //nolint:gosec // at most MaxInt32
		KeyConditionExpression:    aws.String(IndexedBy + " = :pk AND " + sort + " BETWEEN :min AND :max"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user)), ":min": num(from), ":max": num(to)},
	}
	var list []conversations.Entry
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", name, err)
		}
		for _, item := range out.Items {
			if peer, ok := ParsePeerSK(text(item, "sk")); ok {
				list = append(list, conversations.Entry{Peer: peer, AtMs: integer(item, sort)})
			}
		}
		if out.LastEvaluatedKey == nil || len(list) >= limit {
			return list, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Kept implements conversations.IndexStore.
func (s *Store) Kept(ctx context.Context, app int64, user string) ([]conversations.Row, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), IndexName: aws.String(indexKept), KeyConditionExpression: aws.String(IndexedBy + " = :pk"),
		ExpressionAttributeValues: Item{":pk": str(UserPK(app, user))},
	}
	var rows []conversations.Row
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", indexKept, err)
		}
		for _, item := range out.Items {
			if peer, ok := ParsePeerSK(text(item, "sk")); ok {
				rows = append(rows, conversations.Row{Peer: peer, Data: readData(item)})
			}
		}
		if out.LastEvaluatedKey == nil {
			return rows, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// BeginIndexing implements conversations.IndexStore. The account says first that
// it is indexed, so that rows that are made from now on are; then the shelf.
func (s *Store) BeginIndexing(ctx context.Context, app int64, user string, nowMs, idleMs int64) (bool, error) {
	_, err := s.update(ctx, update{
		table: Core, key: AccountKey(app, user), set: "SET im = :one",
		cond: "attribute_exists(pk) AND attribute_not_exists(del)", values: Item{":one": num(1)},
	})
	if _, failed := refused(err); failed {
		return false, nil // the account is gone
	}
	if err != nil {
		return false, err
	}
	_, err = s.update(ctx, update{
		table: Core, key: FoldersKey(app, user), set: "SET ib = :now",
		cond:   "attribute_not_exists(ic) AND (attribute_not_exists(ib) OR ib <= :idle)",
		values: Item{":now": num(nowMs), ":idle": num(idleMs)},
	})
	if _, failed := refused(err); failed {
		return false, nil
	}
	return err == nil, err
}

// KeepIndexing implements conversations.IndexStore.
func (s *Store) KeepIndexing(ctx context.Context, app int64, user string, nowMs int64, done bool) error {
	u := update{
		table: Core, key: FoldersKey(app, user), set: "SET ib = :now", cond: "attribute_exists(ib)", values: Item{":now": num(nowMs)},
	}
	if done {
		u.set += ", ic = :one"
		u.values[":one"] = num(1)
	}
	_, err := s.update(ctx, u)
	if _, failed := refused(err); failed {
		return nil // the account is gone
	}
	return err
}

// indexAtOnce is how many rows are written at once.
const indexAtOnce = 32

// IndexRows implements conversations.IndexStore.
func (s *Store) IndexRows(ctx context.Context, app int64, user, after string, limit int) (last string, more bool, err error) {
	in := s.rowQuery(app, user, after)
	in.ConsistentRead, in.Limit = aws.Bool(true), aws.Int32(int32(limit)) //nolint:gosec // small
	out, err := s.db.Query(ctx, in)
	if err != nil {
		return "", false, fmt.Errorf("rows to index: %w", err)
	}
	run, ctx := errgroup.WithContext(ctx)
	run.SetLimit(indexAtOnce)
	for _, item := range out.Items {
		if !has(item, IndexedBy) {
			run.Go(func() error { return s.addToIndex(ctx, item) })
		}
	}
	if err := run.Wait(); err != nil {
		return "", false, err
	}
	if out.LastEvaluatedKey == nil {
		return "", false, nil
	}
	last, ok := ParsePeerSK(text(out.LastEvaluatedKey, "sk"))
	if !ok {
		return "", false, errors.New("rows to index: the last key is no row's: " + strconv.Quote(text(out.LastEvaluatedKey, "sk")))
	}
	return last, true, nil
}

// addToIndex puts a row that was read into the indexes. What it was read or its
// messages were is noted in `ut` where an older version of the program did not.
func (s *Store) addToIndex(ctx context.Context, item Item) error {
	key := Key{text(item, "pk"), text(item, "sk")}
	u := update{table: Core, key: key, set: "SET ix = :ix", cond: "attribute_exists(pk)", values: Item{":ix": str(key.PK)}}
	if read := max(integer(item, "rt"), integer(item, "pt")); read > integer(item, "ut") {
		later := u
		later.set, later.cond = "SET ix = :ix, ut = :ut", "attribute_exists(pk) AND (attribute_not_exists(ut) OR ut < :ut)"
		later.values = Item{":ix": str(key.PK), ":ut": num(read)}
		if _, err := s.update(ctx, later); err == nil {
			return nil
		} else if _, failed := refused(err); !failed {
			return err
		}
	}
	_, err := s.update(ctx, u)
	if _, failed := refused(err); failed {
		return nil // it is gone
	}
	return err
}
