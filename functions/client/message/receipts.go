package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/op"
)

// receipts sends read receipts for up to 30 messages to their sender. Messages that did
// not ask for a receipt, or have one already, are skipped.
func receipts(ctx context.Context, c *op.Call, in someMessages) (nothing, error) {
	keys, err := in.keys()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.SendReadReceipts(ctx, actor(c), c.Caller.Account, chat.Between(c.Caller.Account, in.To), keys)
}
