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
		op.Posts(), op.Reads(store.Relations, store.Watches), op.Sends(queue.Announce))}
}

// announce brings an event to the devices of a user's friends or watchers, a
// hundred users at a time and a thousand an invocation; what is left is a job of
// its own. A job without an event is a change of status: the watchers are told
// what the status is by now, unless they know.
func announce(ctx context.Context, c *op.Call, a delivery.Announcement) error {
	return c.App.Presence(a.App).Tell(ctx, a)
}
