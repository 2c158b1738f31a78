// Package announce delivers broadcasts: events for all users who have a user as a
// friend, or who watch a user.
package announce

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations returns the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("announce.announce", queue.Broadcast, announce,
		op.Delivers(), op.Reads(store.Relations, store.Watches), op.Continues(queue.Broadcast))}
}

// announce delivers a broadcast to the devices of its audience: of the users who have
// the user as a friend, or who watch the user. One invocation delivers it to up to a
// thousand users, in pages of a hundred, and queues a job for the rest. If the job has
// no frame, the presence of the user may have changed: the watchers receive the
// presence of now, unless they received the same state last.
func announce(ctx context.Context, c *op.Call, broadcast delivery.Broadcast) error {
	return c.App.Presence(broadcast.App).DeliverBroadcast(ctx, broadcast)
}
