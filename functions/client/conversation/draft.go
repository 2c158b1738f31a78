package conversation

import (
	"context"

	"parley/shared/op"
)

type draftRequest struct {
	peer
	Text string `json:"Draft" bad:"50002"` // at most 2048 bytes; empty: none
}

type draftReply struct {
	DraftMs int64 `json:"DraftMs"` // 0: none
}

// draft keeps what the caller has written and not sent for the caller's devices,
// up to 2,048 bytes for 30 days; an empty text removes it.
func draft(ctx context.Context, c *op.Call, in draftRequest) (draftReply, error) {
	at, err := c.Conversations.SetDraft(ctx, c.Caller.Account, in.To, in.Text, c.Origin())
	return draftReply{DraftMs: at}, err
}
