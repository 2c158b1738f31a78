package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/op"
)

type createGroupRequest struct {
	profile
	InviteOption string        `json:"InviteJoinOption" bad:"10004"`   // FreeAccess, NeedPermission or DisableInvite
	Members      []firstMember `json:"MemberList" bad:"10004" max:"-"` // at most 100
}

type firstMember struct {
	account
	Role   string           `json:"Role" bad:"10004"` // Admin, or absent
	Custom []v4.CustomField `json:"AppMemberDefinedData" bad:"10004"`
}

// createGroup creates a group with its owner and up to 100 other members, who need not agree. If
// the owner has a group with the id already, the code is 10025: the call may be a repeat. A member
// who is named twice joins once.
func createGroup(ctx context.Context, c *op.Call, in createGroupRequest) (groupID, error) {
	n, err := in.newGroup()
	if err != nil {
		return groupID{}, err
	}
	if in.InviteOption != "" {
		if n.Invite, err = v4.ParseInviteOption(in.InviteOption); err != nil {
			return groupID{}, err
		}
	}
	for i, m := range in.Members {
		role := groups.Member
		switch m.Role {
		case "", "Member":
		case "Admin":
			role = groups.Admin
		default:
			return groupID{}, v4.Refuse(badParameter, "MemberList[%d]: Role is Admin or absent", i)
		}
		n.Members = append(n.Members, groups.NewMember{User: m.User, Role: role, Fields: v4.ToCustomFields(m.Custom)})
	}
	g, err := c.Groups.Create(ctx, actor(c, ""), n)
	return groupID{g.ID}, err
}
