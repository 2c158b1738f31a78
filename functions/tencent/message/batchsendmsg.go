package message

import (
	"context"

	"parley/shared/op"
)

type batchSendMsgRequest struct {
	sendFields
	To []string `json:"To_Account" need:"90003" bad:"90003"`
}

type batchSendMsgResponse struct {
	Key    string      `json:"MsgKey"` // valid in the conversation with each receiver
	ID     string      `json:"MsgId"`  // the same as MsgKey
	Errors []itemError `json:"ErrorList,omitempty"`
}

// ActionStatus returns SomeError if some receivers are not accounts
// (docs/spec/tencent §6.2).
func (r batchSendMsgResponse) ActionStatus() string {
	if len(r.Errors) > 0 {
		return "SomeError"
	}
	return "OK"
}

type itemError struct {
	To   string `json:"To_Account"`
	Code int    `json:"ErrorCode"`
}

// batchSendMsg sends one message to up to 500 accounts under one key. ErrorList has the
// receivers who are not accounts. A repeat of the call within 120 s sends to the
// receivers that the first call has not reached, and stores nothing twice.
func batchSendMsg(ctx context.Context, c *op.Call, in batchSendMsgRequest) (batchSendMsgResponse, error) {
	request, err := in.sendRequest(c.Caller.Account)
	if err != nil {
		return batchSendMsgResponse{}, err
	}
	sent, failed, err := c.Direct.SendBatch(ctx, request, in.To)
	if err != nil {
		return batchSendMsgResponse{}, err
	}
	out := batchSendMsgResponse{Key: sent.Key.String(), ID: sent.Key.String()}
	for _, to := range failed {
		out.Errors = append(out.Errors, itemError{To: to, Code: unknownUser})
	}
	return out, nil
}
