package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/fault"
	"parley/shared/op"
)

type importGroupMemberRequest struct {
	target
	Members []importedMember `json:"MemberList" need:"10004"`
}

type importedMember struct {
	account
	Role   string `json:"Role" bad:"10004"`         // Admin, or left out
	Joined int64  `json:"JoinTime" bad:"10004"`     // Unix seconds; now if it is left out
	Unread int64  `json:"UnreadMsgNum" bad:"10004"` // more than there are: all
}

// importGroupMember adds up to 300 members of another system, with the results of add_group_member.
// A JoinTime before the group or in the future has the result 0. Nobody is told.
func importGroupMember(ctx context.Context, c *op.Call, in importGroupMemberRequest) (addGroupMemberResponse, error) {
	list := make([]membership.Import, len(in.Members))
	for i, m := range in.Members {
		list[i] = membership.Import{User: m.User, Role: groups.Member, Joined: m.Joined, Unread: m.Unread}
		if m.Role == "" {
			continue
		}
		role, err := v4.ParseRole(m.Role)
		if err == nil && role == groups.Owner {
			err = fault.At(fault.Invalid, fault.Role, "a member is imported as an admin or an ordinary member")
		}
		if err != nil {
			return addGroupMemberResponse{}, err
		}
		list[i].Role = role
	}
	results, err := c.Members.Import(ctx, in.Group, list)
	if err != nil {
		return addGroupMemberResponse{}, err
	}
	out := addGroupMemberResponse{Members: make([]addedMember, len(list))}
	for i, r := range results {
		out.Members[i] = addedMember{User: list[i].User, Result: int(r)}
	}
	return out, nil
}
