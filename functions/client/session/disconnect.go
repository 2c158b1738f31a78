package session

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

// disconnect empties the slot of a connection that has closed, unless another
// connection has the slot by now. The caller's watchers are notified two seconds later.
// API Gateway does not repeat the event, so if the slot cannot be written, a job in the
// queue delivery does it.
func disconnect(ctx context.Context, c *op.Call) error {
	conn := connection(c)
	watched, err := c.Sessions.Disconnect(ctx, c.Caller.Account, conn, "closed")
	if err != nil {
		c.Log("later", err.Error())
		return c.Delivery.QueueEnd(ctx, delivery.Target{
			User: c.Caller.Account, Connection: conn.ID, Platform: conn.Platform, Instance: conn.Instance, Since: c.App.Now().UnixMilli(),
		})
	}
	return c.Presence.NotifyWatchers(ctx, c.Caller.Account, watched)
}
