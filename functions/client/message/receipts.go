package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type receiptsRequest struct {
	conversation
	Keys []string `json:"MsgKeyList" need:"90001"`
}

// receipts sends read receipts for up to 30 messages to their senders: to the other user, or
// to those members of a group who sent them. Messages that did not ask for a receipt, or
// have one of the caller already, are skipped.
func receipts(ctx context.Context, c *op.Call, in receiptsRequest) (nothing, error) {
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	keys, err := v4.ToKeys(id, in.Keys)
	if err != nil {
		return nothing{}, err
	}
	if err := timeline.CheckKeys(keys); err != nil {
		return nothing{}, err
	}
	if in.Group == "" {
		return nothing{}, c.Timeline.SendReadReceipts(ctx, actor(c), c.Caller.Account, id, keys)
	}
	numbers := make([]int64, len(keys))
	for i, k := range keys {
		numbers[i] = int64(k.Seq)
	}
	return nothing{}, c.GroupChat.SendReceipts(ctx, actor(c), c.Caller.Account, in.Group, numbers)
}
