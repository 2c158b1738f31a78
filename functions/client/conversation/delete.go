package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type deleteRequest struct {
	peer
	History int `json:"ClearRamble" bad:"50002"` // 1: the history so far is hidden, too
}

type nothing struct{}

// remove takes a conversation out of the caller's list until its next message,
// with its pin and its draft; with ClearRamble 1 its messages so far are hidden
// from the caller too. Marks, groups and the receive option stay. The peer is told
// nothing; the caller's other devices are told.
func remove(ctx context.Context, c *op.Call, in deleteRequest) (nothing, error) {
	if in.History != 0 && in.History != 1 {
		return nothing{}, v4.Refuse(badParameter, "ClearRamble is 0 or 1")
	}
	return nothing{}, c.Conversations.Delete(ctx, c.Caller.Account, in.To, in.History == 1, c.Origin())
}
