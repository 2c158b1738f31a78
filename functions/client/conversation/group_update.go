package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type groupUpdateRequest struct {
	Name    string   `json:"GroupName" need:"50002"`
	NewName string   `json:"NewName" bad:"50002"`
	Add     []string `json:"Add" bad:"50002"`    // users whose conversations to put into the folder
	Remove  []string `json:"Remove" bad:"50002"` // users whose conversations to take out
}

// groupUpdate renames a folder (conversation group), or puts conversations into it and
// takes others out, up to 100 in all. One call does one of the two.
func groupUpdate(ctx context.Context, c *op.Call, in groupUpdateRequest) (folderOutcome, error) {
	var changes []inbox.FolderChange
	var peers []string
	for _, to := range in.Add {
		changes, peers = append(changes, inbox.FolderChange{Chat: chat.Between(c.Caller.Account, to), In: true}), append(peers, to)
	}
	for _, to := range in.Remove {
		changes, peers = append(changes, inbox.FolderChange{Chat: chat.Between(c.Caller.Account, to)}), append(peers, to)
	}
	if err := size(len(peers), inbox.MaxBatch); err != nil {
		return folderOutcome{}, err
	}
	switch {
	case (in.NewName == "") == (len(peers) == 0):
		return folderOutcome{}, v4.Refuse(badParameter, "a call has NewName, or Add and Remove")
	case in.NewName != "":
		f, h, err := c.Inbox.RenameFolder(ctx, c.Caller.Account, in.Name, in.NewName, c.Origin())
		if err != nil {
			return folderOutcome{}, err
		}
		return newFolderOutcome(f, h, nil, nil), nil
	}
	f, errs, h, err := c.Inbox.ChangeFolderMembers(ctx, c.Caller.Account, in.Name, changes, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return newFolderOutcome(f, h, peers, errs), nil
}
