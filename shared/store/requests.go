package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/shared/retry"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// failedCondition returns the item that a failed condition found (nil if there was no
// item), and whether err is a failed condition at all.
func failedCondition(err error) (found Item, failed bool) {
	var exception *types.ConditionalCheckFailedException
	if errors.As(err, &exception) {
		return exception.Item, true
	}
	return nil, false
}

// cancellationReasons returns why DynamoDB cancelled a transaction: one reason for
// each of its items, in their order. It is nil if err is another error.
func cancellationReasons(err error) []types.CancellationReason {
	var exception *types.TransactionCanceledException
	if errors.As(err, &exception) {
		return exception.CancellationReasons
	}
	return nil
}

// conditionFailedAt reports whether the condition of the i-th item cancelled a
// transaction.
func conditionFailedAt(reasons []types.CancellationReason, i int) bool {
	return i < len(reasons) && reasons[i].Code != nil && *reasons[i].Code == "ConditionalCheckFailed"
}

// otherCallWasFirst reports whether a transaction was cancelled because another call
// changes the same items at this moment, or has changed them since they were read.
func otherCallWasFirst(reasons []types.CancellationReason) bool {
	return slices.ContainsFunc(reasons, func(r types.CancellationReason) bool {
		code := aws.ToString(r.Code)
		return code == "ConditionalCheckFailed" || code == "TransactionConflict"
	})
}

// get reads one item. It returns nil if the item does not exist.
func (s *Store) get(ctx context.Context, t Table, k Key, strong bool) (Item, error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.name(t), Key: k.attributes(), ConsistentRead: &strong,
	})
	if err != nil {
		return nil, fmt.Errorf("get %q from %s: %w", k, t, err)
	}
	return out.Item, nil
}

// maxBatchReads is the most keys of one BatchGetItem.
const maxBatchReads = 100

// getAll reads items by their keys, in the order of keys. An item that does not exist
// is nil. keys may have the same key twice. A key that DynamoDB does not accept has no
// item: if it were sent, DynamoDB would refuse the whole batch.
func (s *Store) getAll(ctx context.Context, t Table, keys []Key, strong bool) ([]Item, error) {
	found := make(map[Key]Item, len(keys))
	var distinct []Key
	for _, k := range keys {
		if _, seen := found[k]; !seen && k.acceptable() {
			found[k] = nil
			distinct = append(distinct, k)
		}
	}
	for batch := range slices.Chunk(distinct, maxBatchReads) {
		unread := make([]Item, 0, len(batch))
		for _, k := range batch {
			unread = append(unread, k.attributes())
		}
		done, err := retry.Do(ctx, s.db.clock, unprocessedPolicy(), func(int) (bool, error) {
			out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{s.names[t]: {Keys: unread, ConsistentRead: &strong}},
			})
			if err != nil {
				return false, fmt.Errorf("batch get from %s: %w", t, err)
			}
			for _, item := range out.Responses[s.names[t]] {
				found[Key{text(item, "pk"), text(item, "sk")}] = item
			}
			unread = out.UnprocessedKeys[s.names[t]].Keys
			return len(unread) == 0, nil
		})
		if err != nil {
			return nil, err
		}
		if !done {
			return nil, fmt.Errorf("batch get from %s: %d keys stay unread", t, len(unread))
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

// queryPage reads up to limit items of a partition of Core whose sort key has the
// prefix, after prefix and after. It leaves out items whose keys cannot be read, and
// reads on until the page is full or the list ends.
func (s *Store) queryPage(ctx context.Context, pk, prefix, after string, limit int, strong bool) (items []Item, more bool, err error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Core), ConsistentRead: &strong,
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sk)"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":sk": str(prefix)},
		Limit:                     aws.Int32(int32(limit)),
	}
	if after != "" {
		in.ExclusiveStartKey = Key{pk, prefix + after}.attributes()
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("query %q: %w", prefix, err)
		}
		for _, item := range out.Items {
			if _, ok := cutID(text(item, "sk"), prefix); !ok {
				noteUnreadable(ctx, item, "key")
				continue
			}
			items = append(items, item)
		}
		if len(items) > limit { // there were unreadable items, so a second query was made
			return items[:limit], true, nil
		}
		if out.LastEvaluatedKey == nil {
			return items, false, nil
		}
		if len(items) == limit {
			return items, true, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// maxBatchWrites is the most items of one BatchWriteItem.
const maxBatchWrites = 25

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

// putAll writes whole items without a condition. It is for items that no other call
// writes with other content.
func (s *Store) putAll(ctx context.Context, t Table, items []Item) error {
	if len(items) == 1 {
		if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(t), Item: items[0]}); err != nil {
			return fmt.Errorf("put into %s: %w", t, err)
		}
		return nil
	}
	requests := make([]types.WriteRequest, len(items))
	for i, item := range items {
		requests[i].PutRequest = &types.PutRequest{Item: item}
	}
	return s.writeAll(ctx, t, requests)
}

// writeAll runs puts and deletes of distinct items, in any order.
func (s *Store) writeAll(ctx context.Context, t Table, requests []types.WriteRequest) error {
	for len(requests) > 0 {
		n := min(maxBatchWrites, len(requests))
		unwritten := requests[:n]
		requests = requests[n:]
		done, err := retry.Do(ctx, s.db.clock, unprocessedPolicy(), func(int) (bool, error) {
			out, err := s.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{s.names[t]: unwritten},
			})
			if err != nil {
				return false, fmt.Errorf("batch write to %s: %w", t, err)
			}
			unwritten = out.UnprocessedItems[s.names[t]]
			return len(unwritten) == 0, nil
		})
		if err != nil {
			return err
		}
		if !done {
			return fmt.Errorf("batch write to %s: %d items stay unwritten", t, len(unwritten))
		}
	}
	return nil
}

// update is an UpdateItem. If its condition fails, the error has the item as it is
// (failedCondition returns it), which costs nothing more.
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

// unchanged returns a condition that an attribute is still as it was read, and adds
// its value to the update.
func (u update) unchanged(row Item, name string) string {
	if v, found := row[name]; found {
		u.values[":was_"+name] = v
		return name + " = :was_" + name
	}
	return "attribute_not_exists(" + name + ")"
}
