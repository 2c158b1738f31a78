package conversation

import (
	"context"

	"parley/shared/op"
)

type groupDeleteRequest struct {
	Name string `json:"GroupName" need:"50002"`
}

// groupDelete deletes a folder (conversation group). Its conversations stay in the list.
func groupDelete(ctx context.Context, c *op.Call, in groupDeleteRequest) (folderOutcome, error) {
	f, h, err := c.Inbox.DeleteFolder(ctx, c.Caller.Account, in.Name, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return newFolderOutcome(f, h, nil), nil
}
