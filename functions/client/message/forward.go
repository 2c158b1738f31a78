package message

import (
	"context"
	"encoding/json"

	"parley/shared/domain/messages"
	"parley/shared/op"
)

type forwardRequest struct {
	options
	To         string            `json:"To_Account" id:"receiver" need:"90003"`
	Title      string            `json:"Title" bad:"90010"`
	Compatible string            `json:"CompatibleText" bad:"90010"`
	Abstract   []string          `json:"AbstractList" repeats:"true" bad:"90010"`
	List       []json.RawMessage `json:"MsgList" bad:"90007"` // one of MsgList and JsonMsgKey
	Key        string            `json:"JsonMsgKey" bad:"90010"`
	Custom     string            `json:"CloudCustomData" bad:"90001"`
}

// forward sends merged messages as one message with a TIMRelayElem: the messages
// themselves, while they fit in its 12 KB, or the JsonMsgKey of a list that the
// caller has imported. For the rest it is message.send.
func forward(ctx context.Context, c *op.Call, in forwardRequest) (sendReply, error) {
	d, err := in.draft()
	if err != nil {
		return sendReply{}, err
	}
	d.From, d.To, d.Issued, d.Origin = c.Caller.Account, in.To, c.Caller.Issued, c.Origin()
	d.Custom = in.Custom
	r, err := c.Messages.Forward(ctx, messages.Forward{
		Draft: d, Title: in.Title, Compatible: in.Compatible, Abstract: in.Abstract, List: in.List, Key: in.Key,
	})
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Ordinal}, nil
}
