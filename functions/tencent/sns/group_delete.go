package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type groupDeleteRequest struct {
	owned
	Names []string `json:"GroupName" need:"30001"`
}

type groupDeleteResponse struct {
	Current int64 `json:"CurrentSequence"`
}

// groupDelete removes friend lists. Who was in them stays a friend; a name that
// does not exist is no error.
func groupDelete(ctx context.Context, c *op.Call, in groupDeleteRequest) (groupDeleteResponse, error) {
	version, err := c.Relations.DeleteLists(ctx, in.From, in.Names, delivery.Origin{})
	return groupDeleteResponse{version}, err
}
