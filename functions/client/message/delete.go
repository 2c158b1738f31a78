package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/op"
)

// remove deletes up to 30 messages for the caller, on all of the caller's devices. The
// other user keeps them. Messages that do not exist are skipped.
func remove(ctx context.Context, c *op.Call, in someMessages) (nothing, error) {
	keys, err := in.keys(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.DeleteForUser(ctx, actor(c), c.Caller.Account, chat.Between(c.Caller.Account, in.To), keys)
}
