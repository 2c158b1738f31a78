package friend

import (
	"context"

	"parley/shared/op"
)

type rejectRequest struct {
	To string `json:"To_Account" id:"user" need:"30001"`
}

// reject answers a request with no; the user who asked is not told. 30614 is who
// has not asked, or is answered already.
func reject(ctx context.Context, c *op.Call, in rejectRequest) (nothing, error) {
	return nothing{}, c.Relations.Reject(ctx, c.Caller.Account, in.To, c.Origin())
}
