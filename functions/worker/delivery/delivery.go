// Package delivery retries posts to connections that failed.
package delivery

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations returns the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("delivery.delivery", queue.Delivery, deliver, op.RetriesPosts(), op.ClosesConnections(), op.Reads(schema.Sessions))}
}

// deliver posts a frame again to the connections that have not received it. If a post
// fails again, it queues a job for that connection alone, five times at most. It empties
// the slot of a connection that is gone, unless the connection is under 30 seconds old
// and may not be open yet. It also closes connections that a kick could not close, for
// a quarter of an hour, and stores the ends of connections that could not be stored.
func deliver(ctx context.Context, c *op.Call, job delivery.Job) error {
	return c.App.Delivery(job.App).Retry(ctx, job)
}
