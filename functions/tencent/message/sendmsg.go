package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type sendMsgRequest struct {
	sendFields
	To        string   `json:"To_Account" id:"receiver" need:"90003"`
	Forbid    []string `json:"ForbidCallbackControl" bad:"90001"`   // checked, and has no effect: no webhook is called
	Extension int      `json:"SupportMessageExtension" bad:"90001"` // 1: set_key_values may attach extensions
}

type sendMsgResponse struct {
	Time int64  `json:"MsgTime"` // Unix seconds
	Key  string `json:"MsgKey"`
	ID   string `json:"MsgId"` // the same as MsgKey
}

// sendMsg sends one message to one account on behalf of any account. It checks neither
// friendship nor the blocklist nor a mute. A repeat of the call within 120 s is answered
// like the first call, and the message is stored once.
func sendMsg(ctx context.Context, c *op.Call, in sendMsgRequest) (sendMsgResponse, error) {
	request, err := in.sendRequest(c.Caller.Account)
	if err != nil {
		return sendMsgResponse{}, err
	}
	request.To = in.To
	if request.Extensible, err = v4.Flag("SupportMessageExtension", in.Extension); err != nil {
		return sendMsgResponse{}, err
	}
	if request.SkipBefore, request.SkipAfter, err = v4.ReadForbidCallbackControl(in.Forbid); err != nil {
		return sendMsgResponse{}, err
	}
	sent, err := c.Direct.Send(ctx, request)
	if err != nil {
		return sendMsgResponse{}, err
	}
	return sendMsgResponse{Time: sent.Time, Key: sent.Key.String(), ID: sent.Key.String()}, nil
}
