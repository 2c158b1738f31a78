package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type setUnreadMsgNumRequest struct {
	target
	User   string `json:"Member_Account" id:"user" need:"10004"`
	Unread *int64 `json:"UnreadMsgNum" bad:"10004"`
}

type setUnreadMsgNumResponse struct{}

// setUnreadMsgNum sets how many messages of a group a member has not read. More than there are is all
// of them. In a Meeting group, which counts nothing unread, the call has no effect.
func setUnreadMsgNum(ctx context.Context, c *op.Call, in setUnreadMsgNumRequest) (setUnreadMsgNumResponse, error) {
	if in.Unread == nil {
		return setUnreadMsgNumResponse{}, v4.Refuse(badParameter, "UnreadMsgNum is missing")
	}
	return setUnreadMsgNumResponse{}, c.Members.SetUnread(ctx, in.Group, in.User, *in.Unread)
}
