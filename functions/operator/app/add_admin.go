package app

import (
	"context"

	"parley/shared/op"
)

type adminRequest struct {
	named
	UserID string `json:"UserID" id:"user"`
}

type adminsReply struct {
	ID     int64    `json:"SdkAppId"`
	Admins []string `json:"Admins"`
}

// addAdmin makes a user an admin of an application, which has at most ten, and
// registers an account for who has none; the account counts among those of the
// edition.
func addAdmin(ctx context.Context, c *op.Call, in adminRequest) (adminsReply, error) {
	admins, err := c.App.Apps.AddAdmin(ctx, in.ID, in.UserID)
	if err != nil {
		return adminsReply{}, err
	}
	return adminsReply{ID: in.ID, Admins: admins}, nil
}
