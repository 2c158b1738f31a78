package session

import (
	"context"

	"parley/shared/op"
)

// foreground marks the caller's connection as in the foreground again, after
// session.background. The call fails with 60003 if the caller's installation is not
// connected.
func foreground(ctx context.Context, c *op.Call, _ struct{}) (backgroundReply, error) {
	return backgroundReply{}, c.Sessions.SetBackground(ctx, c.Caller.Account, connection(c), false)
}
