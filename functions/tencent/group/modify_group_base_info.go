package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type modifyGroupBaseInfoRequest struct {
	target
	v4.GroupUpdate
	MuteAll *string `json:"MuteAllMember" bad:"10004"`          // On or Off
	From    string  `json:"From_Account" id:"user" bad:"10004"` // the operator
}

type modifyGroupBaseInfoResponse struct{}

// modifyGroupBaseInfo changes fields of a group. What is absent stays. A custom field with an empty
// value is removed. The members receive a tip of a new name, introduction, notice or face.
func modifyGroupBaseInfo(ctx context.Context, c *op.Call, in modifyGroupBaseInfoRequest) (modifyGroupBaseInfoResponse, error) {
	u, err := in.ToUpdate()
	if err != nil {
		return modifyGroupBaseInfoResponse{}, err
	}
	if u.MuteAll, err = v4.Optional(in.MuteAll, v4.SwitchOf(fault.MuteAll)); err != nil {
		return modifyGroupBaseInfoResponse{}, err
	}
	return modifyGroupBaseInfoResponse{}, c.Groups.Update(ctx, actor(c, in.From), in.Group, u)
}
