package conversation

import (
	"context"

	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type groupCreateRequest struct {
	Name   string   `json:"GroupName" need:"50002"`
	To     []string `json:"To_Account" bad:"50002"` // users whose conversations to put into the folder
	Groups []string `json:"GroupId" bad:"50002"`    // groups to put into the folder
}

// groupCreate creates a folder (conversation group) and puts up to 100 conversations into
// it. A name that exists already is not an error: that folder gets the conversations. A
// user has at most 20 folders (error 51010), and a name has at most 32 bytes (51011). The
// call fails with 51013 if the application's edition has no folders.
func groupCreate(ctx context.Context, c *op.Call, in groupCreateRequest) (folderOutcome, error) {
	if err := size(len(in.To)+len(in.Groups), inbox.MaxBatch); err != nil {
		return folderOutcome{}, err
	}
	ids := chatsOf(c.Caller.Account, in.To, in.Groups)
	f, errs, h, err := c.Inbox.CreateFolder(ctx, c.Caller.Account, in.Name, ids, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return newFolderOutcome(f, h, outcome(c.Caller.Account, ids, errs)), nil
}
