package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type groupDeleteRequest struct {
	owner
	Names []string `json:"GroupName" need:"30001"`
}

type groupDeleteResponse struct {
	Current int64 `json:"CurrentSequence"` // the version of the lists
}

// groupDelete deletes friend lists. Their members stay friends. A name that does not
// exist is not an error.
func groupDelete(ctx context.Context, c *op.Call, in groupDeleteRequest) (groupDeleteResponse, error) {
	version, err := c.Relations.DeleteLists(ctx, in.From, in.Names, delivery.Origin{})
	return groupDeleteResponse{version}, err
}
