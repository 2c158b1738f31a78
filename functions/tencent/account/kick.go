package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type kickRequest struct {
	UserID     string `json:"UserID" id:"user" bad:"70402"`     // required, under this name or the older one
	Identifier string `json:"Identifier" id:"user" bad:"70402"` // the field's name until 2021
}

type kickResponse struct{}

// kick makes every UserSig invalid that was issued for an account until now, and
// disconnects the devices of the account. A UserSig has whole seconds and may be dated
// two seconds ahead of the server. So the call takes two to three seconds, until the
// last second that it makes invalid is over, and a UserSig that is made after its
// answer works at once. A kick is not a ban.
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
