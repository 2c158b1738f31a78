package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getRoleInGroupRequest struct {
	target
	Users []string `json:"User_Account" need:"10004" max:"500"`
}

type getRoleInGroupResponse struct {
	Users []userRole `json:"UserIdList"`
}

type userRole struct {
	User string `json:"Member_Account"`
	Role string `json:"Role"` // Owner, Admin, Member or NotMember
}

// getRoleInGroup tells what each of up to 500 users is in a group.
func getRoleInGroup(ctx context.Context, c *op.Call, in getRoleInGroupRequest) (getRoleInGroupResponse, error) {
	roles, err := c.Members.Roles(ctx, in.Group, in.Users)
	if err != nil {
		return getRoleInGroupResponse{}, err
	}
	out := getRoleInGroupResponse{Users: make([]userRole, len(roles))}
	for i, r := range roles {
		out.Users[i] = userRole{User: in.Users[i], Role: v4.RoleName(r)}
	}
	return out, nil
}
