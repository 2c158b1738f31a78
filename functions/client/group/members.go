package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type membersRequest struct {
	target
	Roles  []string `json:"MemberRoleFilter" bad:"10004"` // Owner, Admin, Member; all if it is empty
	Offset int      `json:"Offset" bad:"10004"`
	Limit  *int     `json:"Limit" bad:"10004"` // 1 to 100, default 100
}

type membersReply struct {
	Count   int      `json:"MemberNum"` // of the whole group
	Members []member `json:"MemberList"`
}

// members returns a page of the members of a group of the caller, in the order in which they joined.
func members(ctx context.Context, c *op.Call, in membersRequest) (membersReply, error) {
	q := membership.Query{Offset: in.Offset, InfoSet: shown()}
	var err error
	if q.Limit, err = v4.PageSize(in.Limit, maxPage); err != nil {
		return membersReply{}, err
	}
	for _, name := range in.Roles {
		role, err := v4.ParseRole(name)
		if err != nil {
			return membersReply{}, err
		}
		q.Roles = append(q.Roles, role)
	}
	list, count, err := c.Members.Members(ctx, actor(c), in.Group, q)
	return membersReply{Count: count, Members: membersOf(list)}, err
}
