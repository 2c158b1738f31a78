package friend

import (
	"context"

	"parley/shared/op"
)

type acceptRequest struct {
	To     string `json:"To_Account" id:"user" need:"30001"`
	Type   string `json:"AddType" bad:"30001"` // Add_Type_Both (default) or Add_Type_Single
	Remark string `json:"Remark" bad:"30001"`
}

type nothing struct{}

// accept lets a user who asked have the caller as a friend, and with
// Add_Type_Both has that user as a friend too. 30614 is who has not asked, or is
// answered already.
func accept(ctx context.Context, c *op.Call, in acceptRequest) (nothing, error) {
	both, err := bothWays("AddType", in.Type, "Add_Type_", true)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Relations.Accept(ctx, c.Caller.Account, in.To, both, in.Remark, c.Origin())
}
