package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type clearGroupMsgRequest struct {
	target
	Seq *int64 `json:"MsgSeq" bad:"10004"` // up to this number, included; absent: all
}

type clearGroupMsgResponse struct{}

// clearGroupMsg hides the history of a group from everybody, up to a number or all of it, and marks it
// as read. A device that is online finds it at its next sync. Messages that are sent later have the
// numbers after it.
func clearGroupMsg(ctx context.Context, c *op.Call, in clearGroupMsgRequest) (clearGroupMsgResponse, error) {
	upTo := int64(0)
	if in.Seq != nil {
		if upTo = *in.Seq; upTo < 1 {
			return clearGroupMsgResponse{}, v4.Refuse(badParameter, "MsgSeq is 1 or more")
		}
	}
	return clearGroupMsgResponse{}, c.GroupChat.Clear(ctx, in.Group, upTo)
}
