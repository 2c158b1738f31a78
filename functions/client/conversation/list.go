package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listRequest struct {
	Limit  *int   `json:"Limit" bad:"90001"`
	Cursor string `json:"Cursor" bad:"90001"`
}

type listReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
	Complete      bool              `json:"Complete"`
	Cursor        string            `json:"Cursor,omitempty"`
}

const maxPage = 100

// list returns the caller's conversations, newest first, as many as the edition
// keeps.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit := maxPage
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxPage {
			return listReply{}, v4.Refuse(90001, "Limit is 1 to %d", maxPage)
		}
	}
	after, err := v4.ParseCursor(in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	p, err := c.Conversations.List(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{
		Conversations: make([]v4.Conversation, len(p.Rows)), Complete: p.Next == nil, Cursor: v4.FormatCursor(p.Next),
	}
	for i, r := range p.Rows {
		out.Conversations[i] = v4.FromRow(r)
	}
	return out, nil
}
