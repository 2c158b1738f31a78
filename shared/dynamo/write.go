package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/shared/dynamo/calls"
	"parley/shared/retry"
)

// MaxBatchWrites is the most items of one BatchWriteItem.
const MaxBatchWrites = 25

// Put writes a whole item.
func (t Table) Put(ctx context.Context, item Item) error {
	_, _, err := t.PutIf(ctx, item, Condition{})
	return err
}

// PutIf writes a whole item if the condition holds for the item that is stored. ok is false
// if it did not hold; then found is the item as it is stored.
func (t Table) PutIf(ctx context.Context, item Item, c Condition) (found Item, ok bool, err error) {
	var w expressionWriter
	in := &calls.PutItemInput{TableName: &t.name, Item: item, ConditionExpression: w.condition(c)}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = w.nameMap(), w.valueMap()
	if in.ConditionExpression != nil {
		in.ReturnValuesOnConditionCheckFailure = calls.AllOld
	}
	err = t.client.repeat(ctx, func() error { _, err := t.client.call(ctx, in); return err })
	if found, failed := failedCondition(err); failed {
		return found, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("put %q into %s: %w", item.Key(), t, err)
	}
	return nil, true, nil
}

// Delete removes an item.
func (t Table) Delete(ctx context.Context, k Key) error {
	_, err := t.DeleteIf(ctx, k, Condition{})
	return err
}

// DeleteIf removes an item if the condition holds, and reports whether it held.
func (t Table) DeleteIf(ctx context.Context, k Key, c Condition) (bool, error) {
	var w expressionWriter
	in := &calls.DeleteItemInput{TableName: &t.name, Key: NewItem(k), ConditionExpression: w.condition(c)}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = w.nameMap(), w.valueMap()
	err := t.client.repeat(ctx, func() error { _, err := t.client.call(ctx, in); return err })
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("delete %q from %s: %w", k, t, err)
	}
	return true, nil
}

// DeleteAll removes items that were read.
func (t Table) DeleteAll(ctx context.Context, items []Item) error {
	requests := make([]calls.WriteRequest, len(items))
	for i, item := range items {
		requests[i].DeleteRequest = &calls.DeleteRequest{Key: NewItem(item.Key())}
	}
	return t.writeAll(ctx, requests)
}

// PutAll writes whole items without a condition. It is for items that no other call
// writes with other content.
func (t Table) PutAll(ctx context.Context, items []Item) error {
	if len(items) == 1 {
		return t.Put(ctx, items[0])
	}
	requests := make([]calls.WriteRequest, len(items))
	for i, item := range items {
		requests[i].PutRequest = &calls.PutRequest{Item: item}
	}
	return t.writeAll(ctx, requests)
}

// writeAll runs puts and deletes of distinct items, in any order.
func (t Table) writeAll(ctx context.Context, requests []calls.WriteRequest) error {
	for batch := range slices.Chunk(requests, MaxBatchWrites) {
		unwritten := batch
		done, err := retry.Do(ctx, t.client.clock, unprocessedPolicy(), func(int) (bool, error) {
			out, err := do[calls.BatchWriteItemOutput](ctx, t.client, &calls.BatchWriteItemInput{
				RequestItems: map[string][]calls.WriteRequest{t.name: unwritten},
			})
			if err != nil {
				return false, fmt.Errorf("batch write to %s: %w", t, err)
			}
			unwritten = out.UnprocessedItems[t.name]
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

// A Write is one part of a transaction.
type Write struct {
	put    Item
	update *Update
	key    Key
	check  bool // the item is only checked; else it is deleted, if there is neither put nor update
	c      Condition
}

// Put returns the part of a transaction that writes a whole item, if all conditions hold.
func Put(item Item, conditions ...Condition) Write {
	return Write{put: item, c: All(conditions...)}
}

// Delete returns the part of a transaction that removes an item, if all conditions hold.
func Delete(k Key, conditions ...Condition) Write { return Write{key: k, c: All(conditions...)} }

// Check returns the part of a transaction that writes nothing: all conditions must hold.
func Check(k Key, conditions ...Condition) Write {
	return Write{key: k, check: true, c: All(conditions...)}
}

// Write returns an update as a part of a transaction.
func (u *Update) Write() Write { return Write{update: u, c: All(u.conditions...)} }

// AsUpdate returns the update that is this part of a transaction, nil if it is another kind of
// write. An update that is the only part costs half if it is made without a transaction.
func (w Write) AsUpdate() *Update { return w.update }

// request returns a part of a transaction as DynamoDB gets it. If its condition fails,
// DynamoDB returns the item as it is.
func (w Write) request(table *string) calls.TransactWriteItem {
	const old = calls.AllOld
	var e expressionWriter
	switch {
	case w.put != nil:
		p := &calls.Put{TableName: table, Item: w.put, ConditionExpression: e.condition(w.c), ReturnValuesOnConditionCheckFailure: old}
		p.ExpressionAttributeNames, p.ExpressionAttributeValues = e.nameMap(), e.valueMap()
		return calls.TransactWriteItem{Put: p}
	case w.update != nil:
		u := &calls.Update{
			TableName: table, Key: NewItem(w.update.key), UpdateExpression: w.update.expression(&e), ConditionExpression: e.condition(w.c),
			ReturnValuesOnConditionCheckFailure: old,
		}
		u.ExpressionAttributeNames, u.ExpressionAttributeValues = e.nameMap(), e.valueMap()
		return calls.TransactWriteItem{Update: u}
	case w.check:
		c := &calls.ConditionCheck{TableName: table, Key: NewItem(w.key), ConditionExpression: e.condition(w.c), ReturnValuesOnConditionCheckFailure: old}
		c.ExpressionAttributeNames, c.ExpressionAttributeValues = e.nameMap(), e.valueMap()
		return calls.TransactWriteItem{ConditionCheck: c}
	default:
		d := &calls.Delete{TableName: table, Key: NewItem(w.key), ConditionExpression: e.condition(w.c), ReturnValuesOnConditionCheckFailure: old}
		d.ExpressionAttributeNames, d.ExpressionAttributeValues = e.nameMap(), e.valueMap()
		return calls.TransactWriteItem{Delete: d}
	}
}

// Transact makes all writes together, or none of them. If DynamoDB cancels the transaction,
// CancellationReasons tells why.
func (t Table) Transact(ctx context.Context, writes ...Write) error {
	in := t.transaction(writes)
	return t.client.repeat(ctx, func() error { return t.transact(ctx, in) })
}

// TransactOnce is Transact without the repeats. It is for a caller that reads the
// items again after a conflict and plans its writes anew: the other call has most
// likely changed what this transaction was planned from.
func (t Table) TransactOnce(ctx context.Context, writes ...Write) error {
	return t.transact(ctx, t.transaction(writes))
}

func (t Table) transaction(writes []Write) *calls.TransactWriteItemsInput {
	in := &calls.TransactWriteItemsInput{TransactItems: make([]calls.TransactWriteItem, len(writes))}
	for i, w := range writes {
		in.TransactItems[i] = w.request(&t.name)
	}
	return in
}

func (t Table) transact(ctx context.Context, in *calls.TransactWriteItemsInput) error {
	_, err := t.client.call(ctx, in)
	return err
}

// Reasons say why DynamoDB cancelled a transaction: one for each of its writes, in their
// order.
type Reasons []calls.CancellationReason

// CancellationReasons returns why DynamoDB cancelled a transaction. It is nil if err is
// another error.
func CancellationReasons(err error) Reasons {
	if err == nil {
		return nil
	}
	var exception *calls.TransactionCanceledException
	if errors.As(err, &exception) {
		return exception.CancellationReasons
	}
	return nil
}

// ConditionFailedAt reports whether the condition of the i-th write cancelled the
// transaction.
func (r Reasons) ConditionFailedAt(i int) bool {
	return i < len(r) && r[i].Code == "ConditionalCheckFailed"
}

// ItemAt returns the item that the failed condition of the i-th write found, nil if there
// was no item.
func (r Reasons) ItemAt(i int) Item { return r[i].Item }

// ChangedByOther reports whether a transaction was cancelled because another call
// changes the same items at this moment, or has changed them since they were read.
func (r Reasons) ChangedByOther() bool {
	return slices.ContainsFunc(r, func(r calls.CancellationReason) bool {
		return r.Code == "ConditionalCheckFailed" || r.Code == "TransactionConflict"
	})
}
