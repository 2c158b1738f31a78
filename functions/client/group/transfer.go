package group

import (
	"context"

	"parley/shared/op"
)

type transferRequest struct {
	target
	NewOwner string `json:"NewOwner_Account" id:"user" need:"10004"`
}

// transfer gives a group of the caller to another member. The caller becomes an ordinary member.
func transfer(ctx context.Context, c *op.Call, in transferRequest) (nothing, error) {
	return nothing{}, c.Members.Transfer(ctx, actor(c), in.Group, in.NewOwner)
}
