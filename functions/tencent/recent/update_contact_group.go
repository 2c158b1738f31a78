package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type updateContactGroupRequest struct {
	owned
	Type  int         `json:"UpdateType" need:"50002"`
	Group groupUpdate `json:"UpdateGroup" need:"50002"`
}

type groupUpdate struct {
	Type    int           `json:"UpdateGroupType" bad:"50002"`
	Old     string        `json:"OldGroupName" bad:"50002"`
	New     string        `json:"NewGroupName" bad:"50002"`
	Updates []contactMove `json:"ContactUpdateItem" bad:"50002"`
}

type contactMove struct {
	Type    int     `json:"ContactOptType" bad:"50002"`
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

// updateContactGroup renames a conversation group, or puts conversations into it
// and takes others out.
func updateContactGroup(ctx context.Context, c *op.Call, in updateContactGroupRequest) (updateContactGroupResponse, error) {
	u := in.Group
	if in.Type != updateGroup || (u.Type != rename && u.Type != members) || u.Old == "" {
		return updateContactGroupResponse{}, v4.Refuse(badParameter, "UpdateType is 1, UpdateGroupType 1 or 2, and OldGroupName is needed")
	}
	out := updateContactGroupResponse{Type: in.Type, Result: groupUpdateResult{Type: u.Type, Old: u.Old}}
	if u.Type == rename {
		f, _, err := c.Conversations.RenameFolder(ctx, in.From, u.Old, u.New, delivery.Origin{})
		out.Result.Name, out.Result.ID = f.Name, f.Number
		return out, err
	}
	list := make([]contact, len(u.Updates))
	for i, m := range u.Updates {
		if list[i] = m.Contact; m.Type != moveIn && m.Type != moveOut {
			return updateContactGroupResponse{}, v4.Refuse(badParameter, "ContactOptType is 1 or 2")
		}
	}
	if err := some(list, conversations.MaxBatch); err != nil {
		return updateContactGroupResponse{}, err
	}
	peers, at := users(list)
	moves := make([]conversations.Move, len(peers))
	for i, peer := range peers {
		moves[i] = conversations.Move{Peer: peer, In: u.Updates[at[i]].Type == moveIn}
	}
	f, errs, _, err := c.Conversations.FillFolder(ctx, in.From, u.Old, moves, delivery.Origin{})
	if err != nil {
		return updateContactGroupResponse{}, err
	}
	out.Result.Name, out.Result.ID = f.Name, f.Number
	for i, o := range spread(len(list), at, errs) {
		out.Result.Results = append(out.Result.Results, moveResult{u.Updates[i], o})
	}
	return out, nil
}
