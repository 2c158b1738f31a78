package friend

import (
	"context"

	"parley/shared/op"
)

type deleteRequest struct {
	someUsers
	Type string `json:"DeleteType" bad:"30001"` // Delete_Type_Single (default) or Delete_Type_Both
}

// remove removes up to 500 users from the caller's friend table. With
// Delete_Type_Both it also removes the caller from their friend tables. A user who is
// not a friend has the result 31704. A repeat of the call within two minutes succeeds.
func remove(ctx context.Context, c *op.Call, in deleteRequest) (results, error) {
	both, err := bothWays("DeleteType", in.Type, "Delete_Type_", false)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.To), maxUsers); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.DeleteFriends(ctx, c.Caller.Account, in.To, both, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs, noFriend)}, nil
}
