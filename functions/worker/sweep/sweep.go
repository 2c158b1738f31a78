// Package sweep removes the data of deleted accounts.
package sweep

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the worker. It reads and writes what the forgetters of
// shared/app do.
func Operations() []op.Operation {
	return []op.Operation{
		op.Worker("sweep.sweep", queue.Sweep, sweep, op.Reads(store.Apps), op.Writes(store.Accounts), op.Sends(queue.Sweep),
			op.Reads(store.Sessions), op.Writes(store.Sessions), op.Kicks(),
			op.Reads(store.Conversations), op.Writes(store.Conversations),
			op.Reads(store.Relations, store.Follows), op.Writes(store.Relations, store.Follows, store.Profiles), op.Posts(),
			op.Reads(store.Watches), op.Writes(store.Watches),
			op.Takes(512, accounts.SweepTimeout)),
	}
}

// sweep removes a part of what is kept of a deleted account and queues what is
// left; half a minute after the first time it comes again for what calls that were
// under way have written. Each step may be repeated, and one worker at a time has
// an account. A job whose account was imported anew does nothing.
func sweep(ctx context.Context, c *op.Call, job accounts.Removal) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Accounts.Sweep(ctx, job)
}
