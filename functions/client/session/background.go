package session

import (
	"context"

	"parley/shared/op"
)

type markReply struct{}

// background says that the caller's app is not in front: its device is told only
// what a push would say. The mark is the connection's, so a new one begins in
// front. An installation that is not connected is refused.
func background(ctx context.Context, c *op.Call, _ struct{}) (markReply, error) {
	return markReply{}, c.Sessions.SetBackground(ctx, c.Caller.Account, link(c), true)
}
