package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type sendMsgRequest struct {
	content
	To        string   `json:"To_Account" id:"receiver" need:"90003"`
	Forbid    []string `json:"ForbidCallbackControl" bad:"90001"`
	Extension int      `json:"SupportMessageExtension" bad:"90001"`
}

type sendMsgResponse struct {
	Time int64  `json:"MsgTime"`
	Key  string `json:"MsgKey"`
	ID   string `json:"MsgId"`
}

// sendMsg sends one message to one account on behalf of any account. Friendship,
// blocklist and mute do not hold for it. The same call within 120 s is answered
// with the first one's key and stored once.
func sendMsg(ctx context.Context, c *op.Call, in sendMsgRequest) (sendMsgResponse, error) {
	d, err := in.draft(c.Caller.Account)
	if err != nil {
		return sendMsgResponse{}, err
	}
	d.To = in.To
	if d.Extensible, err = v4.Flag("SupportMessageExtension", in.Extension); err != nil {
		return sendMsgResponse{}, err
	}
	if err := v4.Forbid(in.Forbid, &d); err != nil {
		return sendMsgResponse{}, err
	}
	r, err := c.Messages.Send(ctx, d)
	if err != nil {
		return sendMsgResponse{}, err
	}
	return sendMsgResponse{Time: r.Time, Key: r.Key.String(), ID: r.Key.String()}, nil
}
