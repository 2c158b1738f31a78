package group

import (
	"context"

	"parley/shared/domain/membership"
	"parley/shared/op"
)

type memberGetRequest struct {
	target
	Users []string `json:"Member_List_Account" need:"10004" max:"50"`
}

type memberGetReply struct {
	Members []member `json:"MemberList"`
}

// memberGet reads up to 50 members of a group of the caller. A user who is not a member is left out.
func memberGet(ctx context.Context, c *op.Call, in memberGetRequest) (memberGetReply, error) {
	list, err := c.Members.Specified(ctx, actor(c), in.Group, in.Users, membership.Query{InfoSet: shown()})
	return memberGetReply{Members: membersOf(list)}, err
}
