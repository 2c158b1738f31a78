package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getSpecifiedMembersRequest struct {
	target
	memberFilter
	Users []string `json:"Member_List_Account" need:"10004" max:"50"`
}

type getSpecifiedMembersResponse struct {
	Group   string           `json:"GroupId"`
	Members []v4.GroupMember `json:"MemberList"`
}

// getSpecifiedMembers returns up to 50 members of a group, in the order of the request, for the command
// get_specified_group_member_info. Who is not a member is left out.
func getSpecifiedMembers(ctx context.Context, c *op.Call, in getSpecifiedMembersRequest) (getSpecifiedMembersResponse, error) {
	q, err := in.query()
	if err != nil {
		return getSpecifiedMembersResponse{}, err
	}
	list, err := c.Members.Specified(ctx, actor(c, ""), in.Group, in.Users, q)
	return getSpecifiedMembersResponse{Group: in.Group, Members: in.members(list)}, err
}
