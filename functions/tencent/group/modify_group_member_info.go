package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type modifyGroupMemberInfoRequest struct {
	target
	User     string           `json:"Member_Account" id:"user" need:"10004"`
	Role     *string          `json:"Role" bad:"10004"`    // Admin or Member
	Option   *string          `json:"MsgFlag" bad:"10004"` // receive option
	NameCard *string          `json:"NameCard" bad:"10004"`
	Custom   []v4.CustomField `json:"AppMemberDefinedData" bad:"10004"` // an empty Value removes the field
	muteTime
}

type modifyGroupMemberInfoResponse struct{}

// modifyGroupMemberInfo changes one member: role, receive option, name card, custom fields and mute,
// all at once. What is left out stays as it is. The role of the owner does not change (10007).
func modifyGroupMemberInfo(ctx context.Context, c *op.Call, in modifyGroupMemberInfoRequest) (modifyGroupMemberInfoResponse, error) {
	u := membership.Update{NameCard: in.NameCard, Fields: v4.ToCustomFields(in.Custom), MuteFor: in.seconds()}
	if in.Role != nil {
		role, err := v4.ParseRole(*in.Role)
		if err != nil {
			return modifyGroupMemberInfoResponse{}, err
		}
		u.Role = &role
	}
	if in.Option != nil {
		option, err := v4.ParseReceiveOption(*in.Option)
		if err != nil {
			return modifyGroupMemberInfoResponse{}, err
		}
		u.Option = &option
	}
	return modifyGroupMemberInfoResponse{}, c.Members.Update(ctx, actor(c, ""), in.Group, in.User, u)
}
