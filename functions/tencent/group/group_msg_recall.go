package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type groupMsgRecallRequest struct {
	target
	Messages []messageNumber `json:"MsgSeqList" need:"10004" max:"10"`
	Reason   string          `json:"Reason" bad:"10004"` // at most 100 bytes; checked, and has no effect
}

// messageNumber names a message of a group.
type messageNumber struct {
	Seq *int64 `json:"MsgSeq" bad:"10004"`
}

// numbers returns the numbers of a list.
func numbers(list []messageNumber) ([]int64, error) {
	out := make([]int64, len(list))
	for i, m := range list {
		if m.Seq == nil {
			return nil, v4.Refuse(badParameter, "MsgSeqList[%d]: MsgSeq is missing", i)
		}
		out[i] = *m.Seq
	}
	return out, nil
}

type groupMsgRecallResponse struct {
	Results []recallResult `json:"RecallRetList"`
}

type recallResult struct {
	Seq  int64 `json:"MsgSeq"`
	Code int   `json:"RetCode"` // 0 recalled, 10030 no such message, 10032 a tip, which cannot be recalled
}

// maxReason is the most bytes of a reason (docs/spec/tencent §18.6).
const maxReason = 100

// groupMsgRecall recalls up to 10 messages of a group, whoever sent them and however old they are.
// Their content is removed, their places in the history stay, they do not count as unread any more,
// and the members are notified. A repeat within 120 s is answered like the first call.
func groupMsgRecall(ctx context.Context, c *op.Call, in groupMsgRecallRequest) (groupMsgRecallResponse, error) {
	if len(in.Reason) > maxReason {
		return groupMsgRecallResponse{}, v4.Refuse(badParameter, "Reason has at most %d bytes", maxReason)
	}
	list, err := numbers(in.Messages)
	if err != nil {
		return groupMsgRecallResponse{}, err
	}
	errs, err := c.GroupChat.Recall(ctx, in.Group, list)
	if err != nil {
		return groupMsgRecallResponse{}, err
	}
	out := groupMsgRecallResponse{Results: make([]recallResult, len(list))}
	for i, err := range errs {
		out.Results[i] = recallResult{Seq: list[i], Code: resultOf(err)}
	}
	return out, nil
}
