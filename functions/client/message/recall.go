package message

import (
	"context"

	"parley/shared/op"
)

// recall recalls a message that the caller sent in the last two minutes, or in the time
// that the application allows. It removes the content for all. The message stays
// in its place without content, and no longer counts as unread. A repeat of the call
// within 120 seconds succeeds.
func recall(ctx context.Context, c *op.Call, in aMessage) (nothing, error) {
	id, key, err := in.find(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.Recall(ctx, actor(c), c.Caller.Account, id, key)
}
