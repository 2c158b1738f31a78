package presence

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type subscribeRequest struct{ usersRequest }

// subscribe has the caller told of changes to the status of up to 100 users, and
// answers what it is now. Past the application's limit of subscriptions the call
// is refused; who is no account has a code of its own. A subscription has no end;
// it may be repeated.
func subscribe(ctx context.Context, c *op.Call, in subscribeRequest) (presencesReply, error) {
	users, err := in.users(presence.MaxWatch)
	if err != nil {
		return presencesReply{}, err
	}
	list, err := c.Presence.Subscribe(ctx, c.Caller.Account, users)
	if err != nil {
		return presencesReply{}, err
	}
	return views(users, list), nil
}
