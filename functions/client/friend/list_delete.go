package friend

import (
	"context"

	"parley/shared/op"
)

type listDeleteRequest struct {
	Names []string `json:"GroupName" need:"30001"`
}

// listDelete removes friend lists; who was in them stays a friend. Names that
// are not there are no error.
func listDelete(ctx context.Context, c *op.Call, in listDeleteRequest) (listOutcome, error) {
	version, err := c.Relations.DeleteLists(ctx, c.Caller.Account, in.Names, c.Origin())
	return listOutcome{Version: version}, err
}
