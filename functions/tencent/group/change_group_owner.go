package group

import (
	"context"

	"parley/shared/op"
)

type changeGroupOwnerRequest struct {
	target
	NewOwner string `json:"NewOwner_Account" id:"user" need:"10004"`
	From     string `json:"From_Account" id:"user" bad:"10004"` // in whose name
}

type changeGroupOwnerResponse struct{}

// changeGroupOwner gives a group to one of its members (10007 for another user), also a group without
// an owner. The owner before becomes an ordinary member. A repeat succeeds.
func changeGroupOwner(ctx context.Context, c *op.Call, in changeGroupOwnerRequest) (changeGroupOwnerResponse, error) {
	return changeGroupOwnerResponse{}, c.Members.Transfer(ctx, actor(c, in.From), in.Group, in.NewOwner)
}
