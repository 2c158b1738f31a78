package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getContactGroupRequest struct {
	owner
	Start *int `json:"StartIndex" need:"50002"` // 0, then NextStartIndex of the answer before
}

type getContactGroupResponse struct {
	Contacts []labelledContact `json:"ContactItem,omitempty"`
	Groups   []v4.Folder       `json:"GroupItem,omitempty"`
	Complete int               `json:"CompleteFlag"` // 1 on the last page
	Next     int               `json:"NextStartIndex"`
}

// getContactGroup returns a page of the conversations of a user that have a mark or are
// in a group, in the order of the peers' ids, and all groups of the user.
func getContactGroup(ctx context.Context, c *op.Call, in getContactGroupRequest) (getContactGroupResponse, error) {
	if *in.Start < 0 {
		return getContactGroupResponse{}, v4.Refuse(badParameter, "StartIndex is a number from 0 on")
	}
	h, rows, err := c.Inbox.ListLabelled(ctx, in.From)
	if err != nil {
		return getContactGroupResponse{}, err
	}
	from := min(*in.Start, len(rows))
	to := min(from+listPage, len(rows))
	out := getContactGroupResponse{Groups: v4.FromFolders(h.Folders), Next: to}
	for _, r := range rows[from:to] {
		out.Contacts = append(out.Contacts, fromRow(r))
	}
	if to == len(rows) {
		out.Complete = 1
	}
	return out, nil
}
