package friend

import (
	"context"

	"parley/shared/op"
)

type listDeleteRequest struct {
	Names []string `json:"GroupName" need:"30001"`
}

// listDelete deletes friend lists. The users in them stay friends. A name that no list
// has is not an error.
func listDelete(ctx context.Context, c *op.Call, in listDeleteRequest) (listOutcome, error) {
	version, err := c.Relations.DeleteLists(ctx, c.Caller.Account, in.Names, c.Origin())
	return listOutcome{Version: version}, err
}
