package message

import (
	"context"

	"parley/shared/op"
)

// receipts tells the sender of up to 30 messages that the caller has read them.
// Messages that did not ask for a receipt, or have theirs, are passed over.
func receipts(ctx context.Context, c *op.Call, in someMessages) (done, error) {
	keys, err := in.keys()
	if err != nil {
		return done{}, err
	}
	return done{}, c.Messages.Confirm(ctx, by(c), c.Caller.Account, in.To, keys)
}
