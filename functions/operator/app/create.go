package app

import (
	"context"

	"parley/shared/domain/apps"
	"parley/shared/op"
)

type createRequest struct {
	settings
	Admins []string `json:"Admins"` // UserIDs, at most 10
}

type createReply struct {
	appView
	Secret string `json:"Secret"` // signs UserSigs; never shown again
}

// create creates an application with one key and with accounts for its admins. The
// secret of the key is in the answer and is never shown again. If Admins is left out,
// "administrator" is the only admin. If Edition is left out, it is "developer"; if
// LoginPolicy is left out, it is "dual". The accounts of admins count towards the
// number of accounts that the application may have.
func create(ctx context.Context, c *op.Call, in createRequest) (createReply, error) {
	set, err := in.apply(apps.Settings{}, c.Request.Body)
	if err != nil {
		return createReply{}, err
	}
	a, secret, err := c.App.Apps.Create(ctx, set, in.Admins)
	if err != nil {
		return createReply{}, err
	}
	return createReply{appView: view(a), Secret: secret}, nil
}
