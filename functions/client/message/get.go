package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getReply struct {
	List []v4.Message `json:"MsgList"`
}

// get returns up to 30 messages of a conversation by their keys, in the order
// asked for. Those that the caller does not see are left out.
func get(ctx context.Context, c *op.Call, in someMessages) (getReply, error) {
	keys, err := in.keys()
	if err != nil {
		return getReply{}, err
	}
	list, err := c.Messages.Get(ctx, c.Caller.Account, in.To, keys)
	if err != nil {
		return getReply{}, err
	}
	return getReply{List: v4.FromMessages(list)}, nil
}
