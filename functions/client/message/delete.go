package message

import (
	"context"

	"parley/shared/op"
)

// remove deletes up to 30 messages for the caller, on all devices; the other user
// keeps them. Those that are not there are passed over.
func remove(ctx context.Context, c *op.Call, in someMessages) (done, error) {
	keys, err := in.keys()
	if err != nil {
		return done{}, err
	}
	return done{}, c.Messages.Hide(ctx, by(c), c.Caller.Account, in.To, keys)
}
