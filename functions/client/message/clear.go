package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/op"
)

type clearRequest struct {
	To string `json:"To_Account" id:"user" need:"90003"`
}

type clearReply struct{}

// clearAll hides all messages that a conversation has so far from the caller. The
// conversation stays in the caller's list, and the peer keeps the messages.
func clearAll(ctx context.Context, c *op.Call, in clearRequest) (clearReply, error) {
	return clearReply{}, c.Inbox.Clear(ctx, c.Caller.Account, chat.Between(c.Caller.Account, in.To), c.Origin())
}
