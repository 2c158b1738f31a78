package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type listRequest struct {
	Limit  *int   `json:"Limit" bad:"90001"` // 1 to 100, default 100
	Cursor string `json:"Cursor" bad:"90001"`
	Folder int    `json:"GroupId" bad:"90001"`    // of this conversation group
	Mark   int    `json:"Mark" bad:"90001"`       // with this mark, 1 to 64
	Unread bool   `json:"UnreadOnly" bad:"90001"` // with something unread
}

type listReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
	Complete      bool              `json:"Complete"`
	Cursor        string            `json:"Cursor,omitempty"`
}

const maxPage = 100

// list returns the caller's conversations, as many as the edition keeps: those
// that are pinned, the latest pin first, then the others, newest first. A group, a
// mark or UnreadOnly leaves out those that are not in it, have it not, or are read.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit := maxPage
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxPage {
			return listReply{}, v4.Refuse(90001, "Limit is 1 to %d", maxPage)
		}
	}
	if in.Folder < 0 || in.Mark < 0 || in.Mark > conversations.MaxMark {
		return listReply{}, v4.Refuse(90001, "GroupId is the number of a conversation group, Mark is 1 to %d", conversations.MaxMark)
	}
	after, err := v4.ParseCursor(in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	f := conversations.Filter{Folder: in.Folder, Mark: in.Mark, Unread: in.Unread}
	p, err := c.Conversations.List(ctx, c.Caller.Account, f, conversations.Cut{
		After: after, Limit: limit, Fits: v4.Within(v4.MaxAnswer, v4.FromRow),
	})
	if err != nil {
		return listReply{}, err
	}
	return listReply{Conversations: v4.FromRows(p.Rows), Complete: p.Next == nil, Cursor: v4.FormatCursor(p.Next)}, nil
}
