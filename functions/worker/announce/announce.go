// Package announce brings events to everybody who stands in a relation to a
// user.
package announce

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("announce.announce", queue.Announce, announce,
		op.Posts(), op.Reads(store.Relations), op.Sends(queue.Announce))}
}

// announce brings an event to the devices of a user's friends, a hundred friends
// at a time and a thousand an invocation; what is left is a job of its own.
func announce(ctx context.Context, c *op.Call, a delivery.Announcement) error {
	return c.App.Out(a.App).Bring(ctx, c.App.Store(), a)
}
