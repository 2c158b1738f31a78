package app

import (
	"context"

	"parley/shared/op"
)

type adminRequest struct {
	appRequest
	UserID string `json:"UserID" id:"user"`
}

type adminsReply struct {
	ID     int64    `json:"SdkAppId"`
	Admins []string `json:"Admins"`
}

// addAdmin makes a user an admin of an application, and creates an account if the user
// has none. The account counts towards the number of accounts that the application
// may have. An application has at most ten admins. It succeeds if the user is an admin
// already.
func addAdmin(ctx context.Context, c *op.Call, in adminRequest) (adminsReply, error) {
	admins, err := c.App.Apps.AddAdmin(ctx, in.ID, in.UserID)
	if err != nil {
		return adminsReply{}, err
	}
	return adminsReply{ID: in.ID, Admins: admins}, nil
}
