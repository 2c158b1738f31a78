package message

import (
	"context"

	"parley/shared/op"
)

type clearRequest struct {
	To string `json:"To_Account" id:"user" need:"90003"`
}

type clearReply struct{}

// clearAll hides the messages of a conversation from the caller, up to the last
// one so far, and leaves it in the caller's list. The peer keeps them.
func clearAll(ctx context.Context, c *op.Call, in clearRequest) (clearReply, error) {
	return clearReply{}, c.Conversations.Clear(ctx, c.Caller.Account, in.To, c.Origin())
}
