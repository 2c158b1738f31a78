// Package delivery tries posts again that failed.
package delivery

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// Operations lists the worker.
func Operations() []op.Operation {
	return []op.Operation{op.Worker("delivery.delivery", queue.Delivery, deliver, op.Retries(), op.Kicks(), op.Reads(store.Sessions))}
}

// deliver posts a frame again to the connections that have not had it. Those
// that fail again are queued anew, alone, up to five times; a connection that is
// gone is forgotten, unless it is so young that it may not be open yet. It closes
// connections, too, that a kick could not close, for a quarter of an hour, and
// notes the ends of connections that could not be noted.
func deliver(ctx context.Context, c *op.Call, job delivery.Job) error {
	return c.App.Out(job.App).Retry(ctx, job)
}
