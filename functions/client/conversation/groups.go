package conversation

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
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
	To      string `json:"To_Account,omitempty"`
	Group   string `json:"GroupId,omitempty"`
	Marks   []int  `json:"Mark,omitempty"`
	Custom  string `json:"CustomMark,omitempty"`
	Folders []int  `json:"ContactGroupId,omitempty"`
}

// groups returns the caller's folders (conversation groups), and the conversations that
// are in a folder or have a label, in order of user ids and then of groups. A conversation is returned
// whether conversation.list shows it or not.
func groups(ctx context.Context, c *op.Call, in groupsRequest) (groupsReply, error) {
	limit, err := v4.PageSize(in.Limit, maxPage)
	if err != nil {
		return groupsReply{}, err
	}
	after, err := v4.ParseChatCursor(c.Caller.Account, in.Cursor)
	if err != nil {
		return groupsReply{}, err
	}
	h, rows, err := c.Inbox.ListLabelled(ctx, c.Caller.Account)
	if err != nil {
		return groupsReply{}, err
	}
	from, found := slices.BinarySearchFunc(rows, after, func(r inbox.Row, after chat.ID) int { return chat.Compare(r.Chat, after) })
	if found {
		from++
	}
	rows = rows[from:]
	out := groupsReply{Folders: v4.FromFolders(h.Folders), Contacts: []contact{}, Version: h.Version, Complete: len(rows) <= limit}
	if !out.Complete {
		rows = rows[:limit]
		out.Cursor = v4.FormatChatCursor(c.Caller.Account, rows[limit-1].Chat)
	}
	for _, r := range rows {
		item := contact{To: r.Peer(), Marks: r.Labels.Numbers(), Custom: r.CustomLabel, Folders: r.FolderNumbers.Numbers()}
		if r.Chat.Kind() == chat.Group {
			item.Group, _ = r.Chat.Names()
		}
		out.Contacts = append(out.Contacts, item)
	}
	return out, nil
}
