package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getContactGroupRequest struct {
	owned
	Start *int `json:"StartIndex" need:"50002"`
}

type getContactGroupResponse struct {
	Contacts []tagged    `json:"ContactItem,omitempty"`
	Groups   []v4.Folder `json:"GroupItem,omitempty"`
	Complete int         `json:"CompleteFlag"`
	Next     int         `json:"NextStartIndex"`
}

// getContactGroup returns a page of the conversations of a user that are marked or
// in a group, in order of accounts, and all groups.
func getContactGroup(ctx context.Context, c *op.Call, in getContactGroupRequest) (getContactGroupResponse, error) {
	if *in.Start < 0 {
		return getContactGroupResponse{}, v4.Refuse(badParameter, "StartIndex is a number from 0 on")
	}
	h, rows, err := c.Conversations.Tagged(ctx, in.From)
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
