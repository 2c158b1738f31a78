package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type groupUpdateRequest struct {
	Name   string   `json:"GroupName" need:"50002"`
	To     string   `json:"NewName" bad:"50002"`
	Add    []string `json:"Add" bad:"50002"`
	Remove []string `json:"Remove" bad:"50002"`
}

// groupUpdate renames a conversation group, or puts conversations into it and
// takes others out: one of the two in a call.
func groupUpdate(ctx context.Context, c *op.Call, in groupUpdateRequest) (folderOutcome, error) {
	var moves []conversations.Move
	var peers []string
	for _, to := range in.Add {
		moves, peers = append(moves, conversations.Move{Peer: to, In: true}), append(peers, to)
	}
	for _, to := range in.Remove {
		moves, peers = append(moves, conversations.Move{Peer: to}), append(peers, to)
	}
	if err := size(len(peers), conversations.MaxBatch); err != nil {
		return folderOutcome{}, err
	}
	switch {
	case (in.To == "") == (len(peers) == 0):
		return folderOutcome{}, v4.Refuse(badParameter, "a call has NewName, or Add and Remove")
	case in.To != "":
		f, h, err := c.Conversations.RenameFolder(ctx, c.Caller.Account, in.Name, in.To, c.Origin())
		if err != nil {
			return folderOutcome{}, err
		}
		return changed(f, h, nil, nil), nil
	}
	f, errs, h, err := c.Conversations.FillFolder(ctx, c.Caller.Account, in.Name, moves, c.Origin())
	if err != nil {
		return folderOutcome{}, err
	}
	return changed(f, h, peers, errs), nil
}
