package friend

import (
	"context"

	"parley/shared/op"
)

type acceptRequest struct {
	To     string `json:"To_Account" id:"user" need:"30001"`
	Type   string `json:"AddType" bad:"30001"` // Add_Type_Both (default) or Add_Type_Single
	Remark string `json:"Remark" bad:"30001"`  // the caller's remark for that user
}

type nothing struct{}

// accept accepts the friend request of a user: that user gets the caller as a friend.
// With Add_Type_Both, the default, the caller gets that user as a friend as well. The
// call fails with 30614 if no request of that user is pending: the user has not asked,
// or the request was answered. A repeat of the call within two minutes succeeds.
func accept(ctx context.Context, c *op.Call, in acceptRequest) (nothing, error) {
	both, err := bothWays("AddType", in.Type, "Add_Type_", true)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Relations.AcceptRequest(ctx, c.Caller.Account, in.To, both, in.Remark, c.Origin())
}
