package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/op"
)

type relayRequest struct {
	aMessage        // that refers to the list
	Merged   string `json:"JsonMsgKey" need:"90054"` // the list
	Part     int    `json:"Part" bad:"90001"`        // 0, then Next of the answer before
}

type relayReply struct {
	List []json.RawMessage `json:"MsgList"`
	Next int               `json:"Next,omitempty"` // Part of the next call; absent: this was the last part
}

// relay returns the merged messages to which a message of the conversation refers by
// JsonMsgKey, part by part. The next call passes Next as Part. The call fails with 20022
// if the caller cannot see the message (any more).
func relay(ctx context.Context, c *op.Call, in relayRequest) (relayReply, error) {
	if in.Part < 0 || in.Part >= content.MaxMerged {
		return relayReply{}, v4.Refuse(90001, "Part is 0, or the Next of an answer")
	}
	id, key, err := in.find(c.Caller.Account)
	if err != nil {
		return relayReply{}, err
	}
	page, err := c.Direct.ReadMergedPart(ctx, c.Caller.Account, id, key, in.Merged, in.Part)
	if err != nil {
		return relayReply{}, err
	}
	return relayReply{List: v4.FromMergedMessages(page.Messages), Next: page.Next}, nil
}
