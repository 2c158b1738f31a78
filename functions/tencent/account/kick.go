package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type kickRequest struct {
	UserID     string `json:"UserID" id:"user" bad:"70402"`
	Identifier string `json:"Identifier" id:"user" bad:"70402"` // the field's name until 2021
}

type kickResponse struct{}

// kick voids every UserSig that was issued for an account so far, and tells its
// devices to go and closes their connections. UserSigs have whole seconds: the
// call lasts until the second it was made in is over, at most one, and a UserSig
// made after it works at once. It is no ban.
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
