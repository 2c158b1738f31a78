package group

import (
	"context"

	"parley/shared/domain/membership"
	"parley/shared/op"
)

type deleteGroupMemberRequest struct {
	target
	Users   []string `json:"MemberToDel_Account" need:"10004" max:"500"`
	Silence int      `json:"Silence" bad:"10004"` // 1: the others are not told
	Reason  string   `json:"Reason" bad:"10004"`  // the removed users see it
}

type deleteGroupMemberResponse struct{}

// deleteGroupMember removes up to 500 members from a group. Who is not a member is skipped. If the
// owner is among them, nobody is removed (10007).
func deleteGroupMember(ctx context.Context, c *op.Call, in deleteGroupMemberRequest) (deleteGroupMemberResponse, error) {
	removal := membership.Removal{Group: in.Group, Users: in.Users, Reason: in.Reason, Silent: in.Silence == 1}
	return deleteGroupMemberResponse{}, c.Members.Remove(ctx, actor(c, ""), removal)
}
