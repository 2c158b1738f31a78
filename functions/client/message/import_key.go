package message

import (
	"context"
	"encoding/json"

	"parley/shared/op"
)

type importKeyRequest struct {
	List []json.RawMessage `json:"MsgList" need:"90002" bad:"90007"`
}

type importKeyReply struct {
	Key    string `json:"JsonMsgKey"`
	Number int    `json:"MsgNum"`
}

// importKey stores a list of merged messages that is too long for a message: up
// to 300 messages and 256 KB. message.forward sends it by its key. The same list
// has the same key, and is kept as long as messages are. Over a WebSocket a list
// has to fit a frame of 32 KB.
func importKey(ctx context.Context, c *op.Call, in importKeyRequest) (importKeyReply, error) {
	m, err := c.Messages.ImportMerged(ctx, c.Caller.Account, in.List)
	return importKeyReply{Key: m.Key, Number: m.Count}, err
}
