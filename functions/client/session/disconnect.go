package session

import (
	"context"

	"parley/shared/op"
)

// disconnect frees the slot of a connection that has closed, unless another
// connection has it by now. Watchers of the caller are told in a moment.
func disconnect(ctx context.Context, c *op.Call) error {
	watched, err := c.Sessions.Disconnect(ctx, c.Caller.Account, link(c), "closed")
	if err != nil {
		return err
	}
	return c.Presence.Moved(ctx, c.Caller.Account, watched)
}
