package account

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/op"
)

// accountRequest names one account of one application.
type accountRequest struct {
	App    int64  `json:"SdkAppId"`
	UserID string `json:"UserID" id:"user"`
}

// service returns the service for the accounts of the application.
func (in accountRequest) service(ctx context.Context, c *op.Call) (accounts.Service, error) {
	a, err := c.App.Apps.Get(ctx, in.App)
	if err != nil {
		return accounts.Service{}, err
	}
	return c.App.For(&a).Accounts, nil
}

// never is written for the end of a mute or a ban that does not end.
const never = -1

// wireTime returns the end of a mute or a ban as an answer has it.
func wireTime(t int64) int64 {
	if t == accounts.Forever {
		return never
	}
	return t
}
