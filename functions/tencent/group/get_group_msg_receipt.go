package group

import (
	"context"

	"parley/shared/op"
)

type getGroupMsgReceiptRequest struct {
	target
	Messages []messageNumber `json:"MsgSeqList" need:"10004" max:"30"`
}

type getGroupMsgReceiptResponse struct {
	Receipts []receiptCount `json:"GroupMsgReceiptList"`
}

type receiptCount struct {
	Seq    int64 `json:"MsgSeq"`
	Code   int   `json:"Code"` // 0, 10030 no such message, 10062 the message did not ask for receipts
	Read   int   `json:"ReadNum"`
	Unread int   `json:"UnreadNum"`
}

// getGroupMsgReceipt counts who has read up to 30 messages of a group, and who has not: the other members,
// or the members to whom alone a message went. A member who joined later has not read it.
func getGroupMsgReceipt(ctx context.Context, c *op.Call, in getGroupMsgReceiptRequest) (getGroupMsgReceiptResponse, error) {
	list, err := numbers(in.Messages)
	if err != nil {
		return getGroupMsgReceiptResponse{}, err
	}
	counts, err := c.GroupChat.CountReceipts(ctx, in.Group, list)
	if err != nil {
		return getGroupMsgReceiptResponse{}, err
	}
	out := getGroupMsgReceiptResponse{Receipts: make([]receiptCount, len(list))}
	for i, n := range counts {
		out.Receipts[i] = receiptCount{Seq: list[i], Code: resultOf(n.Err), Read: n.Read, Unread: n.Unread}
	}
	return out, nil
}
