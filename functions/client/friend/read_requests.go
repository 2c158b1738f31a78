package friend

import (
	"context"

	"parley/shared/op"
)

type readRequestsRequest struct{}

// readRequests marks all friend requests that the caller has received so far as read.
// They stay pending.
func readRequests(ctx context.Context, c *op.Call, _ readRequestsRequest) (nothing, error) {
	return nothing{}, c.Relations.MarkRequestsRead(ctx, c.Caller.Account, c.Origin())
}
