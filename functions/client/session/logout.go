package session

import (
	"context"

	"parley/shared/op"
)

type logoutReply struct{}

// logout signs the caller's installation out: its slot is free at once and no
// push reaches it until it connects again. The client then closes its
// connection. Over HTTP the installation is the one of the header
// Parley-Instance, and need not be connected; to sign out twice is no error.
func logout(ctx context.Context, c *op.Call, _ struct{}) (logoutReply, error) {
	watched, err := c.Sessions.Logout(ctx, c.Caller.Account, link(c))
	if err != nil {
		return logoutReply{}, err
	}
	return logoutReply{}, c.Presence.Moved(ctx, c.Caller.Account, watched)
}
