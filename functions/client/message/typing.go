package message

import (
	"context"

	"parley/shared/domain/messages"
	"parley/shared/op"
)

type typingRequest struct {
	To string `json:"To_Account" id:"receiver" need:"90003"`
	On *bool  `json:"Typing" bad:"90001"`
}

type typingReply struct{}

// typing tells the devices of the other user that have the app in front that the
// caller is writing or, with Typing false, has stopped. It is never stored. Who
// may not send to the user may not tell that either.
func typing(ctx context.Context, c *op.Call, in typingRequest) (typingReply, error) {
	t := messages.Typing{From: c.Caller.Account, To: in.To, On: in.On == nil || *in.On}
	return typingReply{}, c.Messages.Typing(ctx, t, c.Caller.Issued, c.Origin())
}
