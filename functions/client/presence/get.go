package presence

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type getRequest struct{ usersRequest }

// get tells of up to 500 users who is online, what each chose to show, on which
// platforms, and when the last connection ended. Who is no account has a code of
// its own.
func get(ctx context.Context, c *op.Call, in getRequest) (presencesReply, error) {
	users, err := in.users(presence.MaxUsers)
	if err != nil {
		return presencesReply{}, err
	}
	list, err := c.Presence.Query(ctx, users)
	if err != nil {
		return presencesReply{}, err
	}
	return views(users, list), nil
}
