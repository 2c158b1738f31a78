// Package index puts the conversation rows of users who have very many rows into the
// index.
package index

import (
	"context"

	"parley/shared/domain/inbox"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations returns the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("index.index", queue.Index, index, op.Reads(store.Apps),
		op.Reads(store.Conversations), op.Writes(store.Accounts, store.Conversations), op.Continues(queue.Index))}
}

// index marks an account as indexed and puts its conversation rows into the index. One
// invocation indexes up to 5,000 rows and queues a job for the rest. Half a minute after
// the last row it goes through the rows a second time, because calls that had read the
// account before it was marked may have created rows. After that, the calls of the
// account read the index. Every step may be repeated.
func index(ctx context.Context, c *op.Call, job inbox.IndexJob) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Inbox.IndexRows(ctx, job)
}
