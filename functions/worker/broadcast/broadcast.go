// Package broadcast delivers broadcasts: events for all users who have a user as a
// friend, or who watch a user, and for the members of large groups.
package broadcast

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations returns the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("broadcast.broadcast", queue.Broadcast, deliver,
		op.Delivers(), op.Reads(schema.Relations, schema.Watches, schema.Members, schema.Messages, schema.Accounts),
		op.Writes(schema.GroupHeads), op.Sends(queue.Push), op.Continues(queue.Broadcast))}
}

// deliver delivers a broadcast to the devices of its audience: of the users who have
// the user as a friend, or who watch the user. One invocation delivers it to up to a
// thousand users, in pages of a hundred, and queues a job for the rest. If the job has
// no frame, the presence of the user may have changed: the watchers receive the
// presence of now, unless they received the same state last.
//
// A job for the members of a group that has no frame means that the group has messages that are not
// delivered (groupchat.Delivery).
func deliver(ctx context.Context, c *op.Call, broadcast delivery.Broadcast) error {
	if broadcast.Audience == delivery.Members && len(broadcast.Frame) == 0 {
		return c.App.GroupDelivery(broadcast.App).Run(ctx, broadcast.User)
	}
	return c.App.Presence(broadcast.App).DeliverBroadcast(ctx, broadcast)
}
