package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/direct"
	"parley/shared/op"
)

type forwardRequest struct {
	options
	To         string            `json:"To_Account" id:"receiver" need:"90003"`
	Title      string            `json:"Title" bad:"90010"`
	Compatible string            `json:"CompatibleText" bad:"90010"`
	Abstract   []string          `json:"AbstractList" repeats:"true" bad:"90010"`
	List       []json.RawMessage `json:"MsgList" bad:"90007"`    // the merged messages; either MsgList or JsonMsgKey
	Key        string            `json:"JsonMsgKey" bad:"90010"` // of an imported list
	Custom     string            `json:"CloudCustomData" bad:"90001"`
}

// forward sends merged messages as one message with a TIMRelayElem. The element has the
// merged messages themselves, if they fit into the 12 KB of a message, or the JsonMsgKey
// of a list that the caller imported with message.import-key. In all other respects it
// works like message.send.
func forward(ctx context.Context, c *op.Call, in forwardRequest) (sendReply, error) {
	request, err := in.sendRequest()
	if err != nil {
		return sendReply{}, err
	}
	request.From, request.To, request.Issued, request.Origin = c.Caller.Account, in.To, c.Caller.Issued, c.Origin()
	request.Custom = in.Custom
	messages, err := v4.ReadForwarded(in.List)
	if err != nil {
		return sendReply{}, err
	}
	r, err := c.Direct.Forward(ctx, direct.Forward{
		SendRequest: request, Title: in.Title, Fallback: in.Compatible, Abstract: in.Abstract, Messages: messages, Key: in.Key,
	})
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Offset}, nil
}
