package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/profiles"
	"parley/shared/domain/sessions"
	"parley/shared/store"
)

// intercept calls f before each call of a store. If f returns an answer or an error, the
// store gets that, and DynamoDB is not called.
func intercept(f func(params any) (any, error)) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Intercept",
				func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
					if answer, err := f(in.Parameters); answer != nil || err != nil {
						return middleware.InitializeOutput{Result: answer}, middleware.Metadata{}, err
					}
					return next.HandleInitialize(ctx, in)
				}), middleware.After)
		})
	}
}

// refuse answers the first calls of one kind with an error, and counts all of them.
func refuse(call string, times int, err error) (func(*dynamodb.Options), *int) {
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
	reasons := make([]types.CancellationReason, of)
	for i := range reasons {
		reasons[i].Code = aws.String("None")
	}
	reasons[n].Code = aws.String("TransactionConflict")
	return &types.TransactionCanceledException{CancellationReasons: reasons}
}

// A write that conflicts with a transaction is repeated, until the caller's time is over.
func TestWritesAreRepeatedAfterConflicts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	single := &types.TransactionConflictException{}
	throttled := conflictAt(0, 2)
	throttled.(*types.TransactionCanceledException).CancellationReasons[1].Code = aws.String("ThrottlingError")
	for n, c := range []struct {
		name, call string
		err        error
		do         func(ctx context.Context, s *store.Store, user string) error
	}{
		{"put", "PutItem", single, func(ctx context.Context, s *store.Store, user string) error {
			return s.CreateAccount(ctx, w.ID, accounts.Account{ID: user}, 0, 0)
		}},
		{"update", "UpdateItem", single, func(ctx context.Context, s *store.Store, user string) error {
			_, _, err := s.ClaimSlot(ctx, w.ID, user, sessions.SlotClaim{Slot: "x", Connection: sessions.Connection{ID: "c", Instance: "i"}})
			return err
		}},
		{"delete", "DeleteItem", single, func(ctx context.Context, s *store.Store, user string) error { return s.ForgetSession(ctx, w.ID, user) }},
		{"transaction", "TransactWriteItems", conflictAt(1, 3), func(ctx context.Context, s *store.Store, user string) error {
			return s.CreateAccount(ctx, w.ID, accounts.Account{ID: user}, 0, 100)
		}},
		{"throttled transaction", "TransactWriteItems", throttled, func(ctx context.Context, s *store.Store, user string) error {
			if err := s.CreateAccount(ctx, w.ID, accounts.Account{ID: user}, 0, 0); err != nil {
				return err
			}
			return s.SetProfile(ctx, w.ID, user, profiles.Mutation{Fields: map[profiles.Name]any{profiles.Email: "a@b"}})
		}},
	} {
		hook, calls := refuse(c.call, 3, c.err)
		needed := 1 // calls of this kind that a success needs
		if c.name == "put" {
			needed = 2 // the account and its entry in the list of accounts
		}
		if err := c.do(t.Context(), server.Store(hook), fmt.Sprint("conflict", n)); err != nil || *calls != 3+needed {
			t.Errorf("%s: %v after %d calls, want success at call %d", c.name, err, *calls, 3+needed)
		}
		hook, calls = refuse(c.call, 1000, c.err)
		// There is no try after the caller's deadline.
		const timeout = 200 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		began := time.Now()
		if err := c.do(ctx, server.Store(hook), fmt.Sprint("again", n)); err == nil || *calls > 40 || time.Since(began) > 20*timeout {
			t.Errorf("%s: %v after %d calls and %v, want an error at the end", c.name, err, *calls, time.Since(began))
		}
		cancel()
	}
}

// contention refuses one of two transactions that work on the same item at once, as
// DynamoDB does. DynamoDB Local lets the second one wait.
type contention struct {
	mu        sync.Mutex
	inUse     map[string]bool // keys of items
	conflicts int
}

func (c *contention) options(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Contention", c.call), middleware.After)
	})
}

func (c *contention) call(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	t, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput)
	if !ok {
		return next.HandleInitialize(ctx, in)
	}
	var keys []string
	for _, item := range t.TransactItems {
		switch {
		case item.Update != nil:
			keys = append(keys, fmt.Sprint(item.Update.Key["pk"], item.Update.Key["sk"]))
		case item.Put != nil:
			keys = append(keys, fmt.Sprint(item.Put.Item["pk"], item.Put.Item["sk"]))
		}
	}
	c.mu.Lock()
	for i, k := range keys {
		if c.inUse[k] {
			c.conflicts++
			c.mu.Unlock()
			return middleware.InitializeOutput{}, middleware.Metadata{}, conflictAt(i, len(keys))
		}
	}
	for _, k := range keys {
		c.inUse[k] = true
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, k := range keys {
			delete(c.inUse, k)
		}
	}()
	return next.HandleInitialize(ctx, in)
}

// Imports of an edition with a limit all change one counter. Many of them at once all
// succeed.
func TestImportsAtOnceAllSucceed(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	c := &contention{inUse: map[string]bool{}}
	s := server.Store(c.options)
	const many = 20
	errs := make([]error, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() {
			errs[i] = s.CreateAccount(t.Context(), w.ID, accounts.Account{ID: fmt.Sprint("user", i)}, 0, 1000)
		})
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("import %d: %v", i, err)
		}
	}
	if c.conflicts == 0 {
		t.Error("no conflict happened: the test shows nothing")
	}
	t.Logf("%d imports had %d conflicts", many, c.conflicts)
}

// Keys that a batch leaves unprocessed are read again, after a wait.
func TestUnprocessedKeysAreReadAgain(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	var users []string
	for i := range 3 {
		users = append(users, fmt.Sprint("batch", i))
		if err := w.Store.CreateAccount(t.Context(), w.ID, accounts.Account{ID: users[i]}, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	unprocessed := func(times int) (func(*dynamodb.Options), *[]time.Time) {
		var at []time.Time
		return intercept(func(params any) (any, error) {
			in, ok := params.(*dynamodb.BatchGetItemInput)
			if !ok {
				return nil, nil
			}
			if at = append(at, time.Now()); len(at) <= times {
				return &dynamodb.BatchGetItemOutput{UnprocessedKeys: in.RequestItems}, nil
			}
			return nil, nil
		}), &at
	}
	hook, at := unprocessed(4)
	list, err := server.Store(hook).Accounts(t.Context(), w.ID, users)
	if err != nil || len(*at) != 5 {
		t.Fatalf("got %v after %d requests, want success at the fifth", err, len(*at))
	}
	for i, a := range list {
		if a == nil {
			t.Errorf("%s is missing", users[i])
		}
	}
	if took := (*at)[4].Sub((*at)[0]); took < time.Millisecond {
		t.Errorf("five requests in %v: there was no wait", took)
	}
	hook, at = unprocessed(1000)
	if _, err := server.Store(hook).Accounts(t.Context(), w.ID, users); err == nil || len(*at) > 20 {
		t.Errorf("keys that stay unprocessed: %v after %d requests, want an error at the end", err, len(*at))
	}
}
