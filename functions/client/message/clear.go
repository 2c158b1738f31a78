package message

import (
	"context"

	"parley/shared/op"
)

type clearRequest struct {
	conversation
}

type clearReply struct{}

// clearAll hides all messages that a conversation has so far from the caller. The
// conversation stays in the caller's list, and the others keep the messages.
func clearAll(ctx context.Context, c *op.Call, in clearRequest) (clearReply, error) {
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return clearReply{}, err
	}
	return clearReply{}, c.Inbox.ClearHistory(ctx, c.Caller.Account, id, c.Origin())
}
