package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type kickRequest struct {
	UserID     string `json:"UserID" bad:"70402"`
	Identifier string `json:"Identifier" bad:"70402"` // the field's name until 2021
}

type kickResponse struct{}

// kick voids every UserSig of one user that was issued until now and closes the
// user's connections. A UserSig made later works: it is no ban.
func kick(ctx context.Context, c *op.Call, in kickRequest) (kickResponse, error) {
	id := in.UserID
	if id == "" {
		id = in.Identifier
	}
	if id == "" {
		return kickResponse{}, v4.Refuse(badParameter, "UserID is missing or empty")
	}
	return kickResponse{}, c.Accounts.Kick(ctx, id)
}
