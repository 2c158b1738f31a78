package app

import (
	"context"

	"parley/shared/domain/apps"
	"parley/shared/op"
)

type createRequest struct {
	settings
	Admins []string `json:"Admins"`
}

type createReply struct {
	appView
	Secret string `json:"Secret"`
}

// create makes an application. Its secret is in the answer and is shown this
// once. Without Admins there is one, "administrator"; without Edition it is
// "developer", without LoginPolicy "dual". Admins have accounts, which count among
// those of the edition.
func create(ctx context.Context, c *op.Call, in createRequest) (createReply, error) {
	a, secret, err := c.App.Apps.Create(ctx, in.apply(apps.Settings{}), in.Admins)
	if err != nil {
		return createReply{}, err
	}
	return createReply{appView: view(a), Secret: secret}, nil
}
