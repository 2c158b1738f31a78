package conversation

import (
	"context"
	"slices"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type groupsRequest struct {
	Limit  *int   `json:"Limit" bad:"50002"` // 1 to 100, default 100
	Cursor string `json:"Cursor" bad:"50002"`
}

type groupsReply struct {
	Folders  []v4.Folder `json:"GroupItem"`
	Contacts []contact   `json:"ContactItem"`
	Version  int64       `json:"ContactGroupVersion"`
	Complete bool        `json:"Complete"`
	Cursor   string      `json:"Cursor,omitempty"`
}

// contact is a conversation with its labels and folders.
type contact struct {
	To      string `json:"To_Account"`
	Marks   []int  `json:"Mark,omitempty"`
	Custom  string `json:"CustomMark,omitempty"`
	Folders []int  `json:"ContactGroupId,omitempty"`
}

// groups returns the caller's folders (conversation groups), and the conversations that
// are in a folder or have a label, in order of user ids. A conversation is returned
// whether conversation.list shows it or not.
func groups(ctx context.Context, c *op.Call, in groupsRequest) (groupsReply, error) {
	limit := maxPage
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxPage {
			return groupsReply{}, v4.Refuse(badParameter, "Limit is 1 to %d", maxPage)
		}
	}
	after, err := v4.ParsePeerCursor(in.Cursor)
	if err != nil {
		return groupsReply{}, err
	}
	h, rows, err := c.Inbox.Labelled(ctx, c.Caller.Account)
	if err != nil {
		return groupsReply{}, err
	}
	from, found := slices.BinarySearchFunc(rows, after, func(r inbox.Row, peer string) int { return strings.Compare(r.Peer(), peer) })
	if found {
		from++
	}
	rows = rows[from:]
	out := groupsReply{Folders: v4.FromFolders(h.Folders), Contacts: []contact{}, Version: h.Version, Complete: len(rows) <= limit}
	if !out.Complete {
		rows = rows[:limit]
		out.Cursor = rows[limit-1].Peer()
	}
	for _, r := range rows {
		out.Contacts = append(out.Contacts, contact{To: r.Peer(), Marks: r.Labels.Numbers(), Custom: r.CustomLabel, Folders: r.Folders.Numbers()})
	}
	return out, nil
}
