package app

import (
	"context"

	"parley/shared/op"
)

// removeAdmin takes the role from a user. The account stays, and so does the last
// admin.
func removeAdmin(ctx context.Context, c *op.Call, in adminRequest) (adminsReply, error) {
	admins, err := c.App.Apps.RemoveAdmin(ctx, in.ID, in.UserID)
	if err != nil {
		return adminsReply{}, err
	}
	return adminsReply{ID: in.ID, Admins: admins}, nil
}
