package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type importKeyRequest struct {
	List []json.RawMessage `json:"MsgList" need:"90002" bad:"90007"`
}

type importKeyReply struct {
	Key    string `json:"JsonMsgKey"`
	Number int    `json:"MsgNum"` // how many messages the list has
}

// importKey stores a list of merged messages that is too long for one message: up to 300
// messages and 256 KB. message.forward then sends the list by its JsonMsgKey. The same
// list of the same user has the same key. A list is kept as long as messages are. Over a
// WebSocket a list must fit into a frame of 32 KB.
func importKey(ctx context.Context, c *op.Call, in importKeyRequest) (importKeyReply, error) {
	list, err := v4.ReadMergedList(in.List)
	if err != nil {
		return importKeyReply{}, err
	}
	m, err := c.Direct.ImportMerged(ctx, c.Caller.Account, list, v4.Form{})
	return importKeyReply{Key: m.Key, Number: m.Count}, err
}
