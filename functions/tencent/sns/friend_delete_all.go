package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type friendDeleteAllRequest struct {
	owner
	Type string `json:"DeleteType" bad:"30001"` // Delete_Type_Single (default) or Delete_Type_Both
}

type friendDeleteAllResponse struct{}

// friendDeleteAll empties one user's friend table. With Delete_Type_Both it removes the
// user from the tables of the friends, too. If the call fails, some friends may be
// deleted; a repeat deletes the rest.
func friendDeleteAll(ctx context.Context, c *op.Call, in friendDeleteAllRequest) (friendDeleteAllResponse, error) {
	kind, err := oneOf("DeleteType", in.Type, deleteSingle, deleteBoth)
	if err != nil {
		return friendDeleteAllResponse{}, err
	}
	return friendDeleteAllResponse{}, c.Relations.DeleteAllFriends(ctx, in.From, kind == deleteBoth, delivery.Origin{})
}
