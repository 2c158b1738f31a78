package conversation

import (
	"context"

	"parley/shared/op"
)

type pinRequest struct {
	peer
	Pinned bool `json:"Pinned" bad:"50002"`
}

type pinReply struct {
	PinnedMs int64 `json:"PinnedMs"` // 0: not pinned
}

// pin puts a conversation before the others of the caller's list, or takes the pin
// away. At most 50 are pinned. A repeat keeps the time of the first.
func pin(ctx context.Context, c *op.Call, in pinRequest) (pinReply, error) {
	at, err := c.Conversations.Pin(ctx, c.Caller.Account, in.To, in.Pinned, c.Origin())
	return pinReply{PinnedMs: at}, err
}
