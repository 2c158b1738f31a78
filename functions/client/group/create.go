package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/op"
)

type createRequest struct {
	Type         string           `json:"Type" need:"10004"`            // Private (Work), Public or ChatRoom (Meeting)
	Name         string           `json:"Name" need:"10004"`            // 1 to 30 bytes
	Group        string           `json:"GroupId" bad:"10004"`          // 1 to 48 bytes; absent: the server makes one
	Introduction string           `json:"Introduction" bad:"10004"`     // at most 240 bytes
	Notification string           `json:"Notification" bad:"10004"`     // at most 300 bytes
	Face         string           `json:"FaceUrl" bad:"10004"`          // at most 100 bytes
	Join         *string          `json:"ApplyJoinOption" bad:"10004"`  // FreeAccess, NeedPermission or DisableApply
	Invite       *string          `json:"InviteJoinOption" bad:"10004"` // FreeAccess, NeedPermission or DisableInvite
	Custom       []v4.CustomField `json:"AppDefinedData" bad:"10004"`
	Members      []string         `json:"MemberList" bad:"10004" max:"-"` // at most 100 users who join with the caller
}

type createReply struct {
	Group string `json:"GroupId"`
}

// create creates a group with the caller as its owner, and up to 100 other members, who are notified.
// If the caller owns a group with the id already, the code is 10025: the call may be a repeat.
func create(ctx context.Context, c *op.Call, in createRequest) (createReply, error) {
	kind, err := v4.ParseGroupType(in.Type)
	if err != nil {
		return createReply{}, err
	}
	n := groups.NewGroup{Prefix: reservedPrefix, Group: groups.Group{
		ID: in.Group, Type: kind, Name: in.Name, Owner: c.Caller.Account, Introduction: in.Introduction, Notice: in.Notification, Face: in.Face,
		Fields: v4.ToCustomFields(in.Custom),
	}}
	join, err := v4.Optional(in.Join, v4.ParseJoinOption)
	if err != nil {
		return createReply{}, err
	}
	if join != nil {
		n.Join = *join
	}
	invite, err := v4.Optional(in.Invite, v4.ParseInviteOption)
	if err != nil {
		return createReply{}, err
	}
	if invite != nil {
		n.Invite = *invite
	}
	for _, user := range in.Members {
		n.Members = append(n.Members, groups.NewMember{User: user, Role: groups.Member})
	}
	g, err := c.Groups.Create(ctx, actor(c), n)
	return createReply{g.ID}, err
}
