package session

import (
	"context"

	"parley/shared/op"
)

// disconnect frees the slot of a connection that has closed, unless another
// connection has it by now.
func disconnect(ctx context.Context, c *op.Call) error {
	return c.Sessions.Disconnect(ctx, c.Caller.Account, link(c), "closed")
}
