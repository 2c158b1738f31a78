package friend

import (
	"context"

	"parley/shared/op"
)

type rejectRequest struct {
	To string `json:"To_Account" id:"user" need:"30001"`
}

// reject rejects the friend request of a user, who is not notified. The call fails
// with 30614 if no request of that user is pending: the user has not asked, or the
// request was answered. A repeat of the call within two minutes succeeds.
func reject(ctx context.Context, c *op.Call, in rejectRequest) (nothing, error) {
	return nothing{}, c.Relations.RejectRequest(ctx, c.Caller.Account, in.To, c.Origin())
}
