package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/clock"
	"parley/shared/retry"
)

// calls makes the calls to DynamoDB. If DynamoDB refuses a write because a
// transaction is working on the same item at that moment, calls repeats the write;
// nothing else in the program does. It may be repeated: DynamoDB has not written
// anything and has not checked the condition. The SDK repeats calls that fail for
// other reasons.
type calls struct {
	client *dynamodb.Client
	clock  clock.Clock
}

// conflictPolicy says how a write is repeated that met a transaction. DynamoDB works
// on an item for 5 to 20 ms in each transaction, and runs the transactions on one item
// one after the other: a hundred at once need about two seconds. The tries take three
// seconds on average, if the caller's deadline allows it.
func conflictPolicy() retry.Policy {
	return retry.Policy{Tries: 30, First: 10 * time.Millisecond, Most: 250 * time.Millisecond}
}

// unprocessedPolicy says how the part of a batch is repeated that DynamoDB returned
// as unprocessed.
func unprocessedPolicy() retry.Policy {
	return retry.Policy{Tries: 8, First: 10 * time.Millisecond, Most: 250 * time.Millisecond}
}

// conflicted reports whether DynamoDB refused a write because of other calls at the
// same time. It is true even if a condition of the transaction failed as well: what
// the other calls are about to write may be what that condition asks for.
func conflicted(err error) bool {
	var single *types.TransactionConflictException
	return errors.As(err, &single) || slices.ContainsFunc(cancellationReasons(err), func(r types.CancellationReason) bool {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		}
		return false
	})
}

var errConflict = errors.New("transaction conflict")

// repeat runs a write again as long as it is conflicted. If the tries or the caller's
// time are used up, it returns the last error of the write.
func (c calls) repeat(ctx context.Context, write func() error) error {
	var last error
	_, err := retry.Do(ctx, c.clock, conflictPolicy(), func(int) (bool, error) {
		last = write()
		return !conflicted(last), nil
	})
	if last != nil {
		return last
	}
	return err
}

// unlessDone is the result of an update that is made again, from the newer item, each
// time another call has changed the item first. It is an error if that happened at
// every try.
func unlessDone(done bool, err error, what string, key Key) error {
	if err == nil && !done {
		err = fmt.Errorf("%s %q: %w", what, key, errConflict)
	}
	return err
}

// GetItem reads an item.
func (c calls) GetItem(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	return c.client.GetItem(ctx, in)
}

// BatchGetItem reads all of the items or a part of them.
func (c calls) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	return c.client.BatchGetItem(ctx, in)
}

// Query reads a page.
func (c calls) Query(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	return c.client.Query(ctx, in)
}

// BatchWriteItem writes all of the items or a part of them.
func (c calls) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	return c.client.BatchWriteItem(ctx, in)
}

// PutItem writes a whole item.
func (c calls) PutItem(ctx context.Context, in *dynamodb.PutItemInput) (out *dynamodb.PutItemOutput, err error) {
	err = c.repeat(ctx, func() error { out, err = c.client.PutItem(ctx, in); return err })
	return out, err
}

// UpdateItem changes an item.
func (c calls) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput) (out *dynamodb.UpdateItemOutput, err error) {
	err = c.repeat(ctx, func() error { out, err = c.client.UpdateItem(ctx, in); return err })
	return out, err
}

// DeleteItem removes an item.
func (c calls) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput) (out *dynamodb.DeleteItemOutput, err error) {
	err = c.repeat(ctx, func() error { out, err = c.client.DeleteItem(ctx, in); return err })
	return out, err
}

// Transact writes all items together, or none of them.
func (c calls) Transact(ctx context.Context, items []types.TransactWriteItem) error {
	return c.repeat(ctx, func() error { return c.TransactOnce(ctx, items) })
}

// TransactOnce is Transact without the repeats. It is for a caller that reads the
// items again after a conflict and plans its writes anew: the other call has most
// likely changed what this transaction was planned from.
func (c calls) TransactOnce(ctx context.Context, items []types.TransactWriteItem) error {
	_, err := c.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	return err
}
