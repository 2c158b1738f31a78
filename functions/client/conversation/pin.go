package conversation

import (
	"context"

	"parley/shared/op"
)

type pinRequest struct {
	oneConversation
	Pinned bool `json:"Pinned" bad:"50002"` // false: removes the pin
}

type pinReply struct {
	PinnedMs int64 `json:"PinnedMs"` // when it was pinned; 0: not pinned
}

// pin pins a conversation, so that the caller's list shows it before the others, or
// removes its pin. A user has at most 50 pinned conversations (error 51012). A repeat
// keeps the time of the first call.
func pin(ctx context.Context, c *op.Call, in pinRequest) (pinReply, error) {
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return pinReply{}, err
	}
	at, err := c.Inbox.Pin(ctx, c.Caller.Account, id, in.Pinned, c.Origin())
	return pinReply{PinnedMs: at}, err
}
