package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type friendDeleteAllRequest struct {
	owned
	Type string `json:"DeleteType" bad:"30001"` // Delete_Type_Single (default) or Delete_Type_Both
}

type friendDeleteAllResponse struct{}

// friendDeleteAll empties one user's table, and with Delete_Type_Both removes the
// user from those of the friends. A call that fails on the way is repeated to go
// on.
func friendDeleteAll(ctx context.Context, c *op.Call, in friendDeleteAllRequest) (friendDeleteAllResponse, error) {
	kind, err := oneOf("DeleteType", in.Type, deleteSingle, deleteBoth)
	if err != nil {
		return friendDeleteAllResponse{}, err
	}
	return friendDeleteAllResponse{}, c.Relations.DeleteAll(ctx, in.From, kind == deleteBoth, delivery.Origin{})
}
