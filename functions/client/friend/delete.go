package friend

import (
	"context"

	"parley/shared/op"
)

type deleteRequest struct {
	someUsers
	Type string `json:"DeleteType" bad:"30001"` // Delete_Type_Single (default) or Delete_Type_Both
}

// remove takes up to five hundred users off the caller's friend table, and with
// Delete_Type_Both the caller off theirs. 31704 is who is no friend.
func remove(ctx context.Context, c *op.Call, in deleteRequest) (results, error) {
	both, err := bothWays("DeleteType", in.Type, "Delete_Type_", false)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.To), maxUsers); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Delete(ctx, c.Caller.Account, in.To, both, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs, noFriend)}, nil
}
