package conversation

import (
	"context"

	"parley/shared/op"
)

type readAllReply struct {
	Read     int  `json:"Read"`     // how many conversations this call marked as read
	Complete bool `json:"Complete"` // false: call again for the others
}

// readAll marks the messages of the caller's conversations as read, of up to 100
// conversations a call, the newest first. If the answer is not Complete, the next call
// does the others. The peers and the caller's other devices are notified.
func readAll(ctx context.Context, c *op.Call, _ nothing) (readAllReply, error) {
	n, all, err := c.Inbox.MarkAllRead(ctx, c.Caller.Account, c.Origin())
	return readAllReply{Read: n, Complete: all}, err
}
