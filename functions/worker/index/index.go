// Package index puts the conversation rows of accounts that have very many into
// the index.
package index

import (
	"context"

	"parley/shared/domain/conversations"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("index.index", queue.Index, index, op.Reads(store.Apps),
		op.Reads(store.Conversations), op.Writes(store.Accounts, store.Conversations), op.Sends(queue.Index))}
}

// index marks an account and puts its conversation rows into the index, some
// thousands at a time; what is left is a job of its own. It comes for each row
// twice, half a minute apart, and then the account's calls read the index. Each
// step may be repeated.
func index(ctx context.Context, c *op.Call, job conversations.Indexing) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Conversations.IndexRows(ctx, job)
}
