package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type getGroupMemberInfoRequest struct {
	target
	memberFilter
	Limit  int `json:"Limit" bad:"10004"` // up to 6000; all members if it is missing
	Offset int `json:"Offset" bad:"10004"`
}

type getGroupMemberInfoResponse struct {
	Count   int              `json:"MemberNum"` // of the whole group
	Members []v4.GroupMember `json:"MemberList"`
}

// getGroupMemberInfo returns a page of the members of a group, in the order in which they joined,
// those of one second by id.
func getGroupMemberInfo(ctx context.Context, c *op.Call, in getGroupMemberInfoRequest) (getGroupMemberInfoResponse, error) {
	q, err := in.query()
	if err != nil {
		return getGroupMemberInfoResponse{}, err
	}
	q.Limit, q.Offset = in.Limit, in.Offset
	list, count, err := c.Members.Members(ctx, actor(c, ""), in.Group, q)
	return getGroupMemberInfoResponse{Count: count, Members: in.members(list)}, err
}

// memberFilter says which members a request asks for, and what of them.
type memberFilter struct {
	v4.MemberFilter
	Roles []string `json:"MemberRoleFilter" bad:"10004"` // Owner, Admin, Member; all if it is empty
}

// query returns the filter for the domain.
func (f memberFilter) query() (membership.Query, error) {
	q := membership.Query{InfoSet: f.Wants()}
	for _, name := range f.Roles {
		role, err := v4.ParseRole(name)
		if err != nil {
			return q, err
		}
		q.Roles = append(q.Roles, role)
	}
	return q, nil
}

// members returns members in their wire form.
func (f memberFilter) members(list []membership.Member) []v4.GroupMember {
	out := make([]v4.GroupMember, len(list))
	for i, m := range list {
		out[i] = v4.FromMember(m, f.MemberFilter)
	}
	return out
}
