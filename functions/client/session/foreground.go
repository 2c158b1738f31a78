package session

import (
	"context"

	"parley/shared/op"
)

// foreground takes back what background said.
func foreground(ctx context.Context, c *op.Call, _ struct{}) (markReply, error) {
	return markReply{}, c.Sessions.SetBackground(ctx, c.Caller.Account, link(c), false)
}
