package message

import (
	"context"

	"parley/shared/domain/messages"
	"parley/shared/op"
)

// recall takes a message that the caller sent in the last two minutes from both
// users: its content goes, its place stays, and it no longer counts as unread.
func recall(ctx context.Context, c *op.Call, in oneMessage) (done, error) {
	key, err := messages.ParseKey(in.Key)
	if err != nil {
		return done{}, err
	}
	return done{}, c.Messages.Recall(ctx, by(c), c.Caller.Account, in.To, key)
}
