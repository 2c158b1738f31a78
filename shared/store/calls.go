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

	"parley/shared/retry"
)

// calls are the calls to DynamoDB. A write that it refuses because a transaction
// has the item at the moment is tried again here, and nowhere else: it was not
// done, and its condition has not been looked at. The SDK tries again what fails
// for other reasons.
type calls struct {
	client *dynamodb.Client
	again  retry.Retrier
}

// conflicts and batches are how a conflict and the unprocessed part of a batch are
// tried again. A transaction has its items for 5 to 20 ms, and DynamoDB does those
// on one item one after the other: a hundred at once need about two seconds. The
// tries take three seconds on average, as far as the caller's deadline has them.
func conflicts() retry.Policy {
	return retry.Policy{Tries: 30, First: 10 * time.Millisecond, Most: 250 * time.Millisecond}
}

func batches() retry.Policy {
	return retry.Policy{Tries: 8, First: 10 * time.Millisecond, Most: 250 * time.Millisecond}
}

// conflicted reports whether a write was refused because of what others do at the
// same time. A transaction that a condition stops, too, is among them: what the
// others are about to write may be what its other conditions ask for.
func conflicted(err error) bool {
	var single *types.TransactionConflictException
	return errors.As(err, &single) || slices.ContainsFunc(cancelled(err), func(r types.CancellationReason) bool {
		switch aws.ToString(r.Code) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		}
		return false
	})
}

// repeat runs a write again while it is conflicted. When the tries are used up, or
// the time, the last error is the caller's.
func (c calls) repeat(ctx context.Context, write func() error) error {
	var last error
	_, err := c.again.Do(ctx, conflicts(), func(int) (bool, error) {
		last = write()
		return !conflicted(last), nil
	})
	if last != nil {
		return last
	}
	return err
}

// overtaken is what became of a change that was made anew each time that another
// one had come before it: an error if that was so at each try.
func overtaken(done bool, err error, what string, key Key) error {
	if err == nil && !done {
		err = fmt.Errorf("%s %q: %w", what, key, errConflict)
	}
	return err
}

// GetItem reads an item.
func (c calls) GetItem(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	return c.client.GetItem(ctx, in)
}

// BatchGetItem reads items, or a part of them.
func (c calls) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	return c.client.BatchGetItem(ctx, in)
}

// Query reads a page.
func (c calls) Query(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	return c.client.Query(ctx, in)
}

// BatchWriteItem writes items, or a part of them.
func (c calls) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	return c.client.BatchWriteItem(ctx, in)
}

// PutItem writes an item.
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

// Transact writes items together, or none of them.
func (c calls) Transact(ctx context.Context, items []types.TransactWriteItem) error {
	return c.repeat(ctx, func() error { return c.TransactOnce(ctx, items) })
}

// TransactOnce is Transact for a caller who reads again and decides anew after a
// conflict: others have most likely changed what the transaction rests on.
func (c calls) TransactOnce(ctx context.Context, items []types.TransactWriteItem) error {
	_, err := c.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	return err
}
