package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

// recall recalls a message that the caller sent in the last two minutes, or in the time
// that the application allows. It removes the content for both users. The message stays
// in its place without content, and no longer counts as unread. A repeat of the call
// within 120 seconds succeeds.
func recall(ctx context.Context, c *op.Call, in oneMessage) (nothing, error) {
	key, err := timeline.ParseKey(in.Key)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.Recall(ctx, actor(c), c.Caller.Account, chat.Between(c.Caller.Account, in.To), key)
}
