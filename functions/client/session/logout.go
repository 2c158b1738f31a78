package session

import (
	"context"

	"parley/shared/op"
)

type logoutReply struct{}

// logout signs the caller's installation out. Its slot is free at once, and no push
// reaches the installation until it connects again. The client then closes its
// connection. Over HTTP the header Parley-Instance names the installation, which need
// not be connected. Signing out twice is not an error.
func logout(ctx context.Context, c *op.Call, _ struct{}) (logoutReply, error) {
	watched, err := c.Sessions.Logout(ctx, c.Caller.Account, connection(c))
	if err != nil {
		return logoutReply{}, err
	}
	return logoutReply{}, c.Presence.NotifyWatchers(ctx, c.Caller.Account, watched)
}
