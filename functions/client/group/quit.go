package group

import (
	"context"

	"parley/shared/op"
)

type quitRequest struct {
	target
}

// quit ends the caller's membership in a group. The owner of a Public or Meeting group gives it to
// another member first (10009).
func quit(ctx context.Context, c *op.Call, in quitRequest) (nothing, error) {
	return nothing{}, c.Members.Leave(ctx, in.Group, c.Caller.Account)
}
