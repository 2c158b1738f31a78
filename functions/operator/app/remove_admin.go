package app

import (
	"context"

	"parley/shared/op"
)

// removeAdmin removes a user from the admins of an application. The account of the user
// stays. It succeeds if the user is not an admin. It refuses to remove the last admin.
func removeAdmin(ctx context.Context, c *op.Call, in adminRequest) (adminsReply, error) {
	admins, err := c.App.Apps.RemoveAdmin(ctx, in.ID, in.UserID)
	if err != nil {
		return adminsReply{}, err
	}
	return adminsReply{ID: in.ID, Admins: admins}, nil
}
