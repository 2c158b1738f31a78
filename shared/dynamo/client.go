// Package dynamo makes calls to DynamoDB: reads of one item, of a batch and of a partition,
// conditional writes, transactions, and updates that are planned again if another call was
// first. It knows items and keys, and nothing of what a program stores in them.
//
// A Table has all calls of one table. A write is described by an Item or an Update and by
// Conditions; the package makes the expressions of DynamoDB from them. If the condition of
// a write fails, that is no error: the write returns false, and the item as it is, which
// costs nothing more.
package dynamo

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/shared/clock"
	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/names"
	"parley/shared/retry"
)

// Key is the primary key of an item.
type Key = names.Key

// Attribute is the stored name of an attribute.
type Attribute = names.Attribute

// Client makes the calls to DynamoDB. If DynamoDB refuses a write because a transaction is
// working on the same item at that moment, the Client repeats the write; nothing else in
// the program does. It may be repeated: DynamoDB has not written anything and has not
// checked the condition. The SDK repeats calls that fail for other reasons.
type Client struct {
	call  Call
	clock clock.Clock
}

// A Call makes a call of DynamoDB. in is an input of the SDK, for example
// *calls.GetItemInput, and out the output, for example *calls.GetItemOutput. The Call of
// package wire is the real one.
type Call func(ctx context.Context, in any) (out any, err error)

// A Layer is around every Call: it does something before and after next, or answers instead of
// it. A program counts in a Layer what the calls consume, and tests stop between two calls.
type Layer func(ctx context.Context, in any, next Call) (out any, err error)

// New returns a Client that makes its calls by call, within the layers. The first layer is the
// outermost one.
func New(call Call, c clock.Clock, layers ...Layer) *Client {
	for _, layer := range slices.Backward(layers) {
		next := call
		call = func(ctx context.Context, in any) (any, error) { return layer(ctx, in, next) }
	}
	return &Client{call: call, clock: c}
}

// do makes a call whose output has the type O.
func do[O any](ctx context.Context, c *Client, in any) (*O, error) {
	out, err := c.call(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}

// Table returns a table by the name that it has in the AWS account.
func (c *Client) Table(name string) Table { return Table{client: c, name: name} }

// A Table makes the calls of one table. Its partition key is the attribute names.PK, its
// sort key names.SK; both are texts.
type Table struct {
	client *Client
	name   string
}

// String returns the name of the table.
func (t Table) String() string { return t.name }

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

// ShouldRepeat reports whether DynamoDB refused a write because of other calls at the
// same time. It is true even if a condition of the transaction failed as well: what
// the other calls are about to write may be what that condition asks for.
func ShouldRepeat(err error) bool {
	if err == nil {
		return false
	}
	var single *calls.TransactionConflictException
	return errors.As(err, &single) || slices.ContainsFunc(CancellationReasons(err), func(r calls.CancellationReason) bool {
		switch r.Code {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			return true
		}
		return false
	})
}

// ErrRetriesExhausted says that other calls changed an item first, at every try.
var ErrRetriesExhausted = errors.New("transaction conflict")

// repeat runs a write again as long as it is conflicted. If the tries or the caller's
// time are used up, it returns the last error of the write.
func (c *Client) repeat(ctx context.Context, write func() error) error {
	var last error
	_, err := retry.Do(ctx, c.clock, conflictPolicy(), func(int) (bool, error) {
		last = write()
		return !ShouldRepeat(last), nil
	})
	if last != nil {
		return last
	}
	return err
}
