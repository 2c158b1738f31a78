package message

import (
	"context"

	"parley/shared/op"
)

type batchSendMsgRequest struct {
	content
	To []string `json:"To_Account" need:"90003" bad:"90003"`
}

type batchSendMsgResponse struct {
	Key    string      `json:"MsgKey"`
	ID     string      `json:"MsgId"`
	Errors []itemError `json:"ErrorList,omitempty"`
}

// ActionStatus is SomeError where some of the receivers are no accounts (core
// spec §6.2).
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

// batchSendMsg sends one message to up to 500 accounts under one key. Receivers
// that are no accounts are listed. A repeat of the call within 120 s completes
// what the first began and stores nothing twice.
func batchSendMsg(ctx context.Context, c *op.Call, in batchSendMsgRequest) (batchSendMsgResponse, error) {
	d, err := in.draft(c.Caller.Account)
	if err != nil {
		return batchSendMsgResponse{}, err
	}
	r, failed, err := c.Messages.SendBatch(ctx, d, in.To)
	if err != nil {
		return batchSendMsgResponse{}, err
	}
	out := batchSendMsgResponse{Key: r.Key.String(), ID: r.Key.String()}
	for _, to := range failed {
		out.Errors = append(out.Errors, itemError{To: to, Code: unknownUser})
	}
	return out, nil
}
