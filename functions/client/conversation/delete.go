package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type deleteRequest struct {
	oneConversation
	History int `json:"ClearRamble" bad:"50002"` // 1: also hides the history so far
}

type nothing struct{}

// remove deletes a conversation from the caller's list until its next message, with its
// pin and its draft. With ClearRamble 1 it also hides the messages so far from the
// caller. Labels, folders and the receive option stay. The caller's other devices
// are notified, the peer is not.
func remove(ctx context.Context, c *op.Call, in deleteRequest) (nothing, error) {
	if in.History != 0 && in.History != 1 {
		return nothing{}, v4.Refuse(badParameter, "ClearRamble is 0 or 1")
	}
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Inbox.DeleteConversation(ctx, c.Caller.Account, id, in.History == 1, c.Origin())
}
