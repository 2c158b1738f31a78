// Package store keeps everything in DynamoDB. It implements the interfaces that
// the domain declares; keys.go has every key, tables.go says which items belong
// together. One middleware counts what each call consumes and touches.
package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/attempt"
	"parley/shared/retry"
)

// Store is the four tables.
type Store struct {
	db    calls
	names map[Table]string
}

// New returns a Store over tables of these names. Options may add middleware,
// which tests use to stop a function between two calls.
func New(cfg aws.Config, endpoint string, names map[Table]string, options ...func(*dynamodb.Options)) *Store {
	tables := make(map[string]Table, len(names))
	for t, name := range names {
		tables[name] = t
	}
	db := dynamodb.NewFromConfig(cfg, append([]func(*dynamodb.Options){func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.APIOptions = append(o.APIOptions, meter(tables), attempt.Bounded)
	}}, options...)...)
	return &Store{db: calls{client: db, again: retry.Retrier{Wait: retry.Sleep, Random: rand.Float64}}, names: names}
}

// Item is an item's attributes.
type Item = map[string]types.AttributeValue

func (s *Store) name(t Table) *string { n := s.names[t]; return &n }

func (k Key) attributes() Item { return Item{"pk": str(k.PK), "sk": str(k.SK)} }

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func num[T ~int | ~int64 | ~uint32](v T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(v), 10)}
}

func bin(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }

// text returns a string attribute, empty when absent.
func text(item Item, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// integer returns a number attribute, 0 when absent.
func integer(item Item, name string) int64 {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

func bytesOf(item Item, name string) []byte {
	if v, ok := item[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func has(item Item, name string) bool { _, ok := item[name]; return ok }

// refused returns the item that a failed condition saw (nil where there was
// none), and whether err is a failed condition at all.
func refused(err error) (Item, bool) {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return failed.Item, true
	}
	return nil, false
}

// cancelled returns the reasons of a transaction that a condition stopped, by
// position, or nil when err is something else.
func cancelled(err error) []types.CancellationReason {
	var failed *types.TransactionCanceledException
	if errors.As(err, &failed) {
		return failed.CancellationReasons
	}
	return nil
}

// get reads one item; nil when it is absent.
func (s *Store) get(ctx context.Context, t Table, k Key, strong bool) (Item, error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.name(t), Key: k.attributes(), ConsistentRead: &strong,
	})
	if err != nil {
		return nil, fmt.Errorf("get %q from %s: %w", k, t, err)
	}
	return out.Item, nil
}

// batchSize is the most keys of one BatchGetItem.
const batchSize = 100

// getAll reads items by keys; absent ones are nil. The order is that of keys. One
// key may stand there twice. One that DynamoDB takes for no key is of nothing: a
// bad key does not fail the batch, which DynamoDB would refuse for either.
func (s *Store) getAll(ctx context.Context, t Table, keys []Key, strong bool) ([]Item, error) {
	found := make(map[Key]Item, len(keys))
	var distinct []Key
	for _, k := range keys {
		if _, seen := found[k]; !seen && k.possible() {
			found[k] = nil
			distinct = append(distinct, k)
		}
	}
	for batch := range slices.Chunk(distinct, batchSize) {
		want := make([]Item, 0, len(batch))
		for _, k := range batch {
			want = append(want, k.attributes())
		}
		done, err := s.db.again.Do(ctx, batches(), func(int) (bool, error) {
			out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{s.names[t]: {Keys: want, ConsistentRead: &strong}},
			})
			if err != nil {
				return false, fmt.Errorf("batch get from %s: %w", t, err)
			}
			for _, item := range out.Responses[s.names[t]] {
				found[Key{text(item, "pk"), text(item, "sk")}] = item
			}
			want = out.UnprocessedKeys[s.names[t]].Keys
			return len(want) == 0, nil
		})
		if err != nil {
			return nil, err
		}
		if !done {
			return nil, fmt.Errorf("batch get from %s: %d keys stay unread", t, len(want))
		}
	}
	items := make([]Item, len(keys))
	for i, k := range keys {
		items[i] = found[k]
	}
	return items, nil
}

// query reads all items of a partition whose sort key has the prefix.
func (s *Store) query(ctx context.Context, t Table, pk, prefix string, strong bool) ([]Item, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(t), ConsistentRead: &strong,
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":sk": str(prefix)},
	}
	if prefix == "" {
		in.KeyConditionExpression = aws.String("pk = :pk")
		delete(in.ExpressionAttributeValues, ":sk")
	}
	var items []Item
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("query %q of %s: %w", pk, t, err)
		}
		items = append(items, out.Items...)
		if out.LastEvaluatedKey == nil {
			return items, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// writesAtOnce is the most items of one BatchWriteItem.
const writesAtOnce = 25

// deleteAll removes items that were read.
func (s *Store) deleteAll(ctx context.Context, t Table, items []Item) error {
	var requests []types.WriteRequest
	for _, item := range items {
		requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{
			Key: Key{text(item, "pk"), text(item, "sk")}.attributes(),
		}})
	}
	return s.writeAll(ctx, t, requests)
}

// writeAll runs puts and deletes of distinct items, in any order.
func (s *Store) writeAll(ctx context.Context, t Table, requests []types.WriteRequest) error {
	for len(requests) > 0 {
		n := min(writesAtOnce, len(requests))
		want := requests[:n]
		requests = requests[n:]
		done, err := s.db.again.Do(ctx, batches(), func(int) (bool, error) {
			out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{s.names[t]: want},
			})
			if err != nil {
				return false, fmt.Errorf("batch write to %s: %w", t, err)
			}
			want = out.UnprocessedItems[s.names[t]]
			return len(want) == 0, nil
		})
		if err != nil {
			return err
		}
		if !done {
			return fmt.Errorf("batch write to %s: %d items stay unwritten", t, len(want))
		}
	}
	return nil
}

// update runs an UpdateItem that returns the item a failed condition saw.
type update struct {
	table     Table
	key       Key
	set, cond string
	names     map[string]string
	values    Item
	returning types.ReturnValue
}

func (s *Store) update(ctx context.Context, u update) (Item, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: s.name(u.table), Key: u.key.attributes(), UpdateExpression: &u.set,
		ExpressionAttributeValues: u.values, ExpressionAttributeNames: u.names,
		ReturnValues: u.returning, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if u.cond != "" {
		in.ConditionExpression = &u.cond
	}
	if len(u.names) == 0 {
		in.ExpressionAttributeNames = nil // DynamoDB refuses an empty map
	}
	if len(u.values) == 0 {
		in.ExpressionAttributeValues = nil
	}
	out, err := s.db.UpdateItem(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("update %q of %s: %w", u.key, u.table, err)
	}
	return out.Attributes, nil
}
