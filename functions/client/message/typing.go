package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/op"
)

type typingRequest struct {
	To string `json:"To_Account" id:"receiver" need:"90003"`
	On *bool  `json:"Typing" bad:"90001"` // false: has stopped; default true
}

type typingReply struct{}

// typing notifies the other user's devices that have the app in front that the caller is
// typing or, with Typing false, has stopped. The event is never stored, queued or pushed.
// A caller who may not send messages to the user is refused.
func typing(ctx context.Context, c *op.Call, in typingRequest) (typingReply, error) {
	t := direct.Typing{From: c.Caller.Account, Chat: chat.Between(c.Caller.Account, in.To), On: in.On == nil || *in.On}
	return typingReply{}, c.Direct.Typing(ctx, t, c.Caller.Issued, c.Origin())
}
