package presence

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type getRequest struct{ usersRequest }

// get returns the presence of up to 500 users, in the order of the request: whether a
// user is online, on which platforms, which status the user chose to show, and when the
// last connection ended. A user who is not an account has the ResultCode 70107.
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
