package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
)

// intercept calls f before each call of a store. If f returns an answer or an error, the
// store gets that, and DynamoDB is not called.
func intercept(f func(in any) (any, error)) dynamo.Layer {
	return func(ctx context.Context, in any, next dynamo.Call) (any, error) {
		if answer, err := f(in); answer != nil || err != nil {
			return answer, err
		}
		return next(ctx, in)
	}
}

// refuse answers the first calls of one kind with an error, and counts all of them.
func refuse(call string, times int, err error) (dynamo.Layer, *int) {
	seen := new(int)
	return intercept(func(params any) (any, error) {
		if !strings.HasSuffix(fmt.Sprintf("%T", params), "."+call+"Input") {
			return nil, nil
		}
		if *seen++; *seen <= times {
			return nil, err
		}
		return nil, nil
	}), seen
}

func conflictAt(n, of int) error {
	reasons := make([]calls.CancellationReason, of)
	for i := range reasons {
		reasons[i].Code = "None"
	}
	reasons[n].Code = "TransactionConflict"
	return &calls.TransactionCanceledException{CancellationReasons: reasons}
}

// A write that meets a transaction is repeated until it succeeds. There is no try after the
// caller's deadline.
func TestWritesAreRepeatedAfterConflicts(t *testing.T) {
	single := &calls.TransactionConflictException{}
	throttled := conflictAt(0, 2)
	throttled.(*calls.TransactionCanceledException).CancellationReasons[1].Code = "ThrottlingError"
	k := dynamo.Key{PK: t.Name(), SK: "1"}
	other := dynamo.Key{PK: t.Name(), SK: "2"}
	for _, c := range []struct {
		name, call string
		err        error
		do         func(ctx context.Context, t dynamo.Table) error
	}{
		{"put", "PutItem", single, func(ctx context.Context, t dynamo.Table) error { return t.Put(ctx, dynamo.NewItem(k)) }},
		{"update", "UpdateItem", single, func(ctx context.Context, t dynamo.Table) error {
			_, _, err := t.Update(ctx, dynamo.NewUpdate(k).Set(name, dynamo.Str("a")))
			return err
		}},
		{"delete", "DeleteItem", single, func(ctx context.Context, t dynamo.Table) error { return t.Delete(ctx, k) }},
		{"transaction", "TransactWriteItems", conflictAt(1, 2), func(ctx context.Context, t dynamo.Table) error {
			return t.Transact(ctx, dynamo.Put(dynamo.NewItem(k)), dynamo.Delete(other))
		}},
		{"throttled transaction", "TransactWriteItems", throttled, func(ctx context.Context, t dynamo.Table) error {
			return t.Transact(ctx, dynamo.Put(dynamo.NewItem(k)), dynamo.Delete(other))
		}},
	} {
		hook, calls := refuse(c.call, 3, c.err)
		if err := c.do(t.Context(), table(hook)); err != nil || *calls != 4 {
			t.Errorf("%s: %v after %d calls, want success at call 4", c.name, err, *calls)
		}
		hook, calls = refuse(c.call, 1000, c.err)
		const timeout = 200 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		began := time.Now()
		if err := c.do(ctx, table(hook)); err == nil || *calls > 40 || time.Since(began) > 20*timeout {
			t.Errorf("%s: %v after %d calls and %v, want an error at the end", c.name, err, *calls, time.Since(began))
		}
		cancel()
	}
	hook, calls := refuse("TransactWriteItems", 1, conflictAt(0, 1))
	err := table(hook).TransactOnce(t.Context(), dynamo.Put(dynamo.NewItem(k)))
	if !dynamo.CancellationReasons(err).ChangedByOther() || !dynamo.ShouldRepeat(err) || *calls != 1 {
		t.Errorf("TransactOnce: %v after %d calls", err, *calls)
	}
}

// Keys that a batch leaves unprocessed are read again, after a wait.
func TestUnprocessedKeysAreReadAgain(t *testing.T) {
	pk := fill(t, 3)
	keys := []dynamo.Key{{PK: pk, SK: "i00"}, {PK: pk, SK: "i01"}, {PK: pk, SK: "i02"}}
	unprocessed := func(times int) (dynamo.Layer, *[]time.Time) {
		var at []time.Time
		return intercept(func(params any) (any, error) {
			in, ok := params.(*calls.BatchGetItemInput)
			if !ok {
				return nil, nil
			}
			if at = append(at, time.Now()); len(at) <= times {
				return &calls.BatchGetItemOutput{UnprocessedKeys: in.RequestItems}, nil
			}
			return nil, nil
		}), &at
	}
	hook, at := unprocessed(4)
	list, err := table(hook).GetAll(t.Context(), keys, true)
	if err != nil || len(*at) != 5 {
		t.Fatalf("got %v after %d requests, want success at the fifth", err, len(*at))
	}
	for i, item := range list {
		if item == nil {
			t.Errorf("%q is missing", keys[i])
		}
	}
	if took := (*at)[4].Sub((*at)[0]); took < time.Millisecond {
		t.Errorf("five requests in %v: there was no wait", took)
	}
	hook, at = unprocessed(1000)
	if _, err := table(hook).GetAll(t.Context(), keys, true); err == nil || len(*at) > 20 {
		t.Errorf("keys that stay unprocessed: %v after %d requests, want an error at the end", err, len(*at))
	}
}
