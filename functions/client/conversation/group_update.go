package conversation

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type groupUpdateRequest struct {
	Name    string   `json:"GroupName" need:"50002"`
	NewName string   `json:"NewName" bad:"50002"`
	Add     []string `json:"Add" bad:"50002"`          // users whose conversations to put into the folder
	Remove  []string `json:"Remove" bad:"50002"`       // users whose conversations to take out
	AddG    []string `json:"AddGroups" bad:"50002"`    // groups to put into the folder
	RemoveG []string `json:"RemoveGroups" bad:"50002"` // groups to take out
}

// groupUpdate renames a folder (conversation group), or puts conversations into it and
// takes others out, up to 100 in all. One call does one of the two.
func groupUpdate(ctx context.Context, c *op.Call, in groupUpdateRequest) (folderOutcome, error) {
	added, removed := chatsOf(c.Caller.Account, in.Add, in.AddG), chatsOf(c.Caller.Account, in.Remove, in.RemoveG)
	ids := slices.Concat(added, removed)
	changes := make([]inbox.FolderChange, len(ids))
	for i, id := range ids {
		changes[i] = inbox.FolderChange{Chat: id, In: i < len(added)}
	}
	if err := size(len(ids), inbox.MaxBatch); err != nil {
		return folderOutcome{}, err
	}
	switch {
	case (in.NewName == "") == (len(ids) == 0):
		return folderOutcome{}, v4.Refuse(badParameter, "a call has NewName, or Add and Remove")
	case in.NewName != "":
		f, h, err := c.Inbox.RenameFolder(ctx, c.Caller.Account, in.Name, in.NewName, c.Origin())
		if err != nil {
			return folderOutcome{}, err
		}
		return newFolderOutcome(f, h, nil), nil
	}
	f, errs, h, err := c.Inbox.ChangeFolderMembers(ctx, c.Caller.Account, in.Name, changes, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return newFolderOutcome(f, h, outcome(c.Caller.Account, ids, errs)), nil
}
