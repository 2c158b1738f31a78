package presence

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type unsubscribeRequest struct{ usersRequest }

type unsubscribeReply struct{}

// unsubscribe ends the caller's subscriptions to the presence of up to 100 users. A
// subscription that does not exist is not an error.
func unsubscribe(ctx context.Context, c *op.Call, in unsubscribeRequest) (unsubscribeReply, error) {
	users, err := in.users(presence.MaxWatch)
	if err != nil {
		return unsubscribeReply{}, err
	}
	return unsubscribeReply{}, c.Presence.Unsubscribe(ctx, c.Caller.Account, users)
}
