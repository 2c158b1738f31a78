package message

import (
	"context"

	"parley/shared/op"
)

// remove deletes up to 30 messages for the caller, on all of the caller's devices. The
// other user, or the other members of the group, keep them. Messages that do not exist are
// skipped. A member can have deleted 200 of the messages that a group stores.
func remove(ctx context.Context, c *op.Call, in getRequest) (nothing, error) {
	id, keys, err := in.find(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.DeleteForUser(ctx, actor(c), c.Caller.Account, id, keys)
}
