package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type forbidSendMsgRequest struct {
	target
	Users []string `json:"Members_Account" need:"10004" max:"500"`
	muteTime
}

type forbidSendMsgResponse struct{}

// forbidSendMsg mutes up to 500 users in a group for some seconds, 4294967295 for ever, or ends their
// mutes. They need not be members; users without an account are skipped. A Work group has no mutes
// (10007).
func forbidSendMsg(ctx context.Context, c *op.Call, in forbidSendMsgRequest) (forbidSendMsgResponse, error) {
	seconds := in.seconds()
	if seconds == nil {
		return forbidSendMsgResponse{}, v4.Refuse(badParameter, "MuteTime is missing")
	}
	return forbidSendMsgResponse{}, c.Members.Mute(ctx, actor(c, ""), in.Group, in.Users, *seconds)
}
