package session

import (
	"context"

	"parley/shared/op"
)

type backgroundReply struct{}

// background marks the caller's connection as in the background, that is, the app is
// not in front. Its device still receives events, except message.typing, and a phone or
// tablet gets pushes as well. A new connection begins in the foreground, also a renewal.
// The call fails with 60003 if the caller's installation is not connected.
func background(ctx context.Context, c *op.Call, _ struct{}) (backgroundReply, error) {
	return backgroundReply{}, c.Sessions.SetBackground(ctx, c.Caller.Account, connection(c), true)
}
