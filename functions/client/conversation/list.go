package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type listRequest struct {
	Limit  *int   `json:"Limit" bad:"90001"` // 1 to 100, default 100
	Cursor string `json:"Cursor" bad:"90001"`
	Folder int    `json:"ContactGroupId" bad:"90001"` // only conversations in this folder
	Mark   int    `json:"Mark" bad:"90001"`           // only conversations with this label, 1 to 64
	Unread bool   `json:"UnreadOnly" bad:"90001"`     // only conversations with unread messages
}

type listReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
	Complete      bool              `json:"Complete"`
	Cursor        string            `json:"Cursor,omitempty"`
}

const maxPage = 100

// list lists the caller's conversations, at most 100 a page: the pinned ones first,
// latest pin first, then the others, newest first. The list has as many conversations as
// the application's edition allows, 100 or 500. ContactGroupId, Mark and UnreadOnly filter that
// list.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit, err := v4.PageSize(in.Limit, maxPage)
	if err != nil {
		return listReply{}, v4.Refuse(90001, "Limit is 1 to %d", maxPage)
	}
	if in.Folder < 0 || in.Mark < 0 || in.Mark > inbox.MaxLabel {
		return listReply{}, v4.Refuse(90001, "ContactGroupId is the number of a conversation group, Mark is 1 to %d", inbox.MaxLabel)
	}
	after, err := v4.ParseCursor(c.Caller.Account, in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	f := inbox.Filter{Folder: in.Folder, Label: in.Mark, Unread: in.Unread}
	p, err := c.Inbox.List(ctx, c.Caller.Account, f, inbox.PageRequest{
		After: after, Limit: limit, Fits: v4.SizeLimit(v4.MaxAnswer, v4.FromRow),
	})
	if err != nil {
		return listReply{}, err
	}
	return listReply{Conversations: v4.FromRows(p.Rows), Complete: p.Next == nil, Cursor: v4.FormatCursor(c.Caller.Account, p.Next)}, nil
}
