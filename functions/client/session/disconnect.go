package session

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

// disconnect frees the slot of a connection that has closed, unless another
// connection has it by now. Watchers of the caller are told in a moment. The
// service does not repeat the event, so what fails is left to a queue.
func disconnect(ctx context.Context, c *op.Call) error {
	l := link(c)
	watched, err := c.Sessions.Disconnect(ctx, c.Caller.Account, l, "closed")
	if err != nil {
		c.Log("later", err.Error())
		return c.Delivery.Ended(ctx, delivery.Target{
			User: c.Caller.Account, Link: l.Connection, Platform: l.Platform, Instance: l.Instance, Since: c.App.Now().UnixMilli(),
		})
	}
	return c.Presence.Moved(ctx, c.Caller.Account, watched)
}
