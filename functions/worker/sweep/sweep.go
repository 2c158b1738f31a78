// Package sweep removes the data of deleted accounts.
package sweep

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations returns the worker. Its access is that of all accounts.Forgetters in
// shared/app.
func Operations() []op.Operation {
	return []op.Operation{
		op.Worker("sweep.sweep", queue.Removal, sweep, op.Reads(store.Apps), op.Writes(store.Accounts), op.Continues(queue.Removal),
			op.Reads(store.Sessions), op.Writes(store.Sessions), op.ClosesConnections(),
			op.Reads(store.Conversations), op.Writes(store.Conversations),
			op.Reads(store.Relations, store.Follows), op.Writes(store.Relations, store.Follows, store.Profiles), op.Delivers(),
			op.Reads(store.Watches), op.Writes(store.Watches),
			op.Resources(512, accounts.SweepTimeout)),
	}
}

// sweep removes a part of the data of a deleted account and queues a job for the rest.
// Half a minute after all data is removed, a second job removes what calls that were
// running at the deletion have written since. Every step may be repeated, and one worker
// at a time removes the data of an account. If the account was imported again, the job
// does nothing.
func sweep(ctx context.Context, c *op.Call, job accounts.Removal) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Accounts.Sweep(ctx, job)
}
