package friend

import (
	"context"

	"parley/shared/op"
)

type listRenameRequest struct {
	Name string `json:"GroupName" need:"30001"`
	New  string `json:"NewName" need:"30001"`
}

// listRename renames a friend list. Its members stay in it. The new name must not be
// the name of another list.
func listRename(ctx context.Context, c *op.Call, in listRenameRequest) (listOutcome, error) {
	version, err := c.Relations.RenameList(ctx, c.Caller.Account, in.Name, in.New, c.Origin())
	return listOutcome{Version: version}, err
}
