package conversation

import (
	"context"

	"parley/shared/op"
)

type readAllReply struct {
	Read     int  `json:"Read"`
	Complete bool `json:"Complete"`
}

// readAll marks the messages of the caller's conversations as read, of up to 100
// in one call, the newest first; not Complete: call again. The peers and the
// caller's other devices are told.
func readAll(ctx context.Context, c *op.Call, _ nothing) (readAllReply, error) {
	n, all, err := c.Conversations.ReadAll(ctx, c.Caller.Account, c.Origin())
	return readAllReply{Read: n, Complete: all}, err
}
