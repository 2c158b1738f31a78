package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type friendDeleteRequest struct {
	ownerAndUsers
	Type string `json:"DeleteType" bad:"30001"` // Delete_Type_Single (default) or Delete_Type_Both
}

const (
	deleteSingle = "Delete_Type_Single"
	deleteBoth   = "Delete_Type_Both"
)

// friendDelete removes up to 1000 friends from one user's friend table. With
// Delete_Type_Both it removes the user from the tables of these friends, too.
func friendDelete(ctx context.Context, c *op.Call, in friendDeleteRequest) (results, error) {
	kind, err := oneOf("DeleteType", in.Type, deleteSingle, deleteBoth)
	if err != nil {
		return results{}, err
	}
	if err := checkSize(len(in.To)); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.DeleteFriends(ctx, in.From, in.To, kind == deleteBoth, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return itemResults(in.To, errs, notFriendInDelete), nil
}
