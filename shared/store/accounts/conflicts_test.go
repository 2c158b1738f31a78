package accounts_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
)

// contention refuses one of two transactions that work on the same item at once, as
// DynamoDB does. DynamoDB Local lets the second one wait.
type contention struct {
	mu        sync.Mutex
	inUse     map[string]bool // keys of items
	conflicts int
}

func (c *contention) call(ctx context.Context, in any, next dynamo.Call) (any, error) {
	t, ok := in.(*calls.TransactWriteItemsInput)
	if !ok {
		return next(ctx, in)
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
			return nil, conflictAt(i, len(keys))
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
	return next(ctx, in)
}

func conflictAt(n, of int) error {
	reasons := make([]calls.CancellationReason, of)
	for i := range reasons {
		reasons[i].Code = "None"
	}
	reasons[n].Code = "TransactionConflict"
	return &calls.TransactionCanceledException{CancellationReasons: reasons}
}

// Imports of an edition with a limit all change one counter. Many of them at once all
// succeed.
func TestImportsAtOnceAllSucceed(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	c := &contention{inUse: map[string]bool{}}
	s := server.Store(c.call)
	const many = 20
	errs := make([]error, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() {
			errs[i] = s.Accounts.CreateAccount(t.Context(), w.ID, accounts.Account{ID: fmt.Sprint("user", i)}, 0, 1000)
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
