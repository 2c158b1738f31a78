package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type receiptRequest struct {
	Operator string        `json:"Operator_Account" id:"user" need:"90008"` // the reader
	Peer     string        `json:"Peer_Account" id:"user" need:"90003"`     // the sender of the messages
	Messages []receiptItem `json:"C2CMsgInfo" need:"90001"`
}

type receiptItem struct {
	From string `json:"From_Account"` // the same as Peer_Account
	To   string `json:"To_Account"`   // the same as Operator_Account
	Key  string `json:"MsgKey"`
}

type receiptResponse struct{}

// c2cMsgReadReceipt sends read receipts on behalf of Operator_Account for up to 30
// messages that Peer_Account sent. Messages that did not ask for a receipt, that have
// one already, or that do not exist are skipped.
func c2cMsgReadReceipt(ctx context.Context, c *op.Call, in receiptRequest) (receiptResponse, error) {
	keys := make([]timeline.Key, len(in.Messages))
	for i, m := range in.Messages {
		if m.From != in.Peer || m.To != in.Operator {
			return receiptResponse{}, v4.Refuse(badJSON, "C2CMsgInfo[%d] is no message from Peer_Account to Operator_Account", i)
		}
		var err error
		if keys[i], err = timeline.ParseKey(m.Key); err != nil {
			return receiptResponse{}, err
		}
	}
	return receiptResponse{}, c.Timeline.SendReadReceipts(ctx, timeline.Actor{Trusted: true}, in.Operator, chat.Between(in.Operator, in.Peer), keys)
}
