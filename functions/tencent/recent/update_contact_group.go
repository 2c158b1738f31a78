package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type updateContactGroupRequest struct {
	owner
	Type  int         `json:"UpdateType" need:"50002"` // always 1
	Group groupUpdate `json:"UpdateGroup" need:"50002"`
}

type groupUpdate struct {
	Type    int           `json:"UpdateGroupType" bad:"50002"`   // 1 renames the group, 2 changes its members
	Old     string        `json:"OldGroupName" bad:"50002"`      // the group, required
	New     string        `json:"NewGroupName" bad:"50002"`      // at most 32 bytes
	Updates []contactMove `json:"ContactUpdateItem" bad:"50002"` // 1 to 100
}

type contactMove struct {
	Type    int     `json:"ContactOptType" bad:"50002"` // 1 adds, 2 removes
	Contact contact `json:"ContactItem" bad:"50002"`
}

type updateContactGroupResponse struct {
	Type   int               `json:"UpdateType"`
	Result groupUpdateResult `json:"UpdateGroupResult"`
}

type groupUpdateResult struct {
	Type    int          `json:"UpdateGroupType"`
	Name    string       `json:"GroupName"`
	Old     string       `json:"OldGroupName"`
	ID      int          `json:"GroupId"`
	Results []moveResult `json:"ContactResultItem,omitempty"`
}

type moveResult struct {
	contactMove
	outcome
}

const (
	updateGroup = 1 // UpdateType

	rename  = 1 // UpdateGroupType
	members = 2

	moveIn  = 1 // ContactOptType
	moveOut = 2
)

// updateContactGroup renames a conversation group, or puts conversations into it and
// takes others out.
func updateContactGroup(ctx context.Context, c *op.Call, in updateContactGroupRequest) (updateContactGroupResponse, error) {
	update := in.Group
	if in.Type != updateGroup || (update.Type != rename && update.Type != members) || update.Old == "" {
		return updateContactGroupResponse{}, v4.Refuse(badParameter, "UpdateType is 1, UpdateGroupType 1 or 2, and OldGroupName is needed")
	}
	out := updateContactGroupResponse{Type: in.Type, Result: groupUpdateResult{Type: update.Type, Old: update.Old}}
	if update.Type == rename {
		f, _, err := c.Inbox.RenameFolder(ctx, in.From, update.Old, update.New, delivery.Origin{})
		out.Result.Name, out.Result.ID = f.Name, f.Number
		return out, err
	}
	list := make([]contact, len(update.Updates))
	for i, m := range update.Updates {
		if list[i] = m.Contact; m.Type != moveIn && m.Type != moveOut {
			return updateContactGroupResponse{}, v4.Refuse(badParameter, "ContactOptType is 1 or 2")
		}
	}
	if err := checkContacts(list, inbox.MaxBatch); err != nil {
		return updateContactGroupResponse{}, err
	}
	moves := make([]inbox.FolderChange, len(list))
	for i, id := range chatsOf(in.From, list) {
		moves[i] = inbox.FolderChange{Chat: id, In: update.Updates[i].Type == moveIn}
	}
	f, errs, _, err := c.Inbox.ChangeFolderMembers(ctx, in.From, update.Old, moves, delivery.Origin{})
	if err != nil {
		return updateContactGroupResponse{}, err
	}
	out.Result.Name, out.Result.ID = f.Name, f.Number
	for i, o := range outcomes(errs) {
		out.Result.Results = append(out.Result.Results, moveResult{update.Updates[i], o})
	}
	return out, nil
}
