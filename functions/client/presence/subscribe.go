package presence

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type subscribeRequest struct{ usersRequest }

// subscribe subscribes the caller to the presence of up to 100 users and returns their
// presence as it is now. If the caller would then have more subscriptions than the
// application's limit, the call fails with 72012 and changes nothing. A user who is not
// an account has the ResultCode 70107. A subscription does not expire, and a repeat of
// the call is harmless.
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
