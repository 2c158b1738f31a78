package account

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/op"
)

// named is a request about one account.
type named struct {
	App    int64  `json:"SdkAppId"`
	UserID string `json:"UserID" id:"user"`
}

// service is the accounts of the application that a request names.
func (in named) service(ctx context.Context, c *op.Call) (accounts.Service, error) {
	a, err := c.App.Apps.Get(ctx, in.App)
	if err != nil {
		return accounts.Service{}, err
	}
	return c.App.For(&a).Accounts, nil
}

// endless is a time that does not come.
const endless = -1

// until writes the end of a mute or a ban.
func until(t int64) int64 {
	if t == accounts.Forever {
		return endless
	}
	return t
}
