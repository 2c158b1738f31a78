package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type setRoleRequest struct {
	target
	User string `json:"Member_Account" id:"user" need:"10004"`
	Role string `json:"Role" need:"10004"` // Admin or Member
}

// setRole makes a member of a group of the caller an admin, or an ordinary member again.
func setRole(ctx context.Context, c *op.Call, in setRoleRequest) (nothing, error) {
	role, err := v4.ParseRole(in.Role)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Members.Update(ctx, actor(c), in.Group, in.User, membership.Update{Role: &role})
}
