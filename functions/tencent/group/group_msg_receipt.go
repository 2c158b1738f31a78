package group

import (
	"context"

	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type groupMsgReceiptRequest struct {
	target
	From     string          `json:"From_Account" id:"user" need:"10004"` // the member who has read the messages
	Messages []messageNumber `json:"MsgSeqList" need:"10004" max:"50"`
}

type groupMsgReceiptResponse struct{}

// groupMsgReceipt notes in a member's name that up to 50 messages of a group are read, and notifies the
// devices of their senders. Messages that did not ask for a receipt are ignored, and so are own ones,
// those that are not there, and those of which it is noted already.
func groupMsgReceipt(ctx context.Context, c *op.Call, in groupMsgReceiptRequest) (groupMsgReceiptResponse, error) {
	list, err := numbers(in.Messages)
	if err != nil {
		return groupMsgReceiptResponse{}, err
	}
	return groupMsgReceiptResponse{}, c.GroupChat.SendReceipts(ctx, timeline.Actor{Trusted: true}, in.From, in.Group, list)
}
