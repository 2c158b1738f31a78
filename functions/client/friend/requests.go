package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type requestsRequest struct {
	Cursor string `json:"Cursor" bad:"30001"`
	Limit  *int   `json:"Limit" bad:"30001"` // 1 to 100, default 100
}

type requestsReply struct {
	Items   []pendingRequest `json:"RequestItem"`
	Cursor  string           `json:"Cursor,omitempty"`
	Number  int              `json:"Requests"`
	Unread  int              `json:"RequestsUnread"`
	ReadMs  int64            `json:"ReadMs"`
	Version int64            `json:"RequestVersion"`
}

type pendingRequest struct {
	To      string `json:"To_Account"`
	Wording string `json:"AddWording,omitempty"`
	Source  string `json:"AddSource,omitempty"`
	TimeMs  int64  `json:"TimeMs"`
}

// requests returns a page of the users who ask to be a friend of the caller, in
// order of ids. Those at or before ReadMs are read.
func requests(ctx context.Context, c *op.Call, in requestsRequest) (requestsReply, error) {
	limit, err := pageSize(in.Limit)
	if err != nil {
		return requestsReply{}, err
	}
	after, err := v4.ParsePeer(in.Cursor)
	if err != nil {
		return requestsReply{}, err
	}
	page, err := c.Relations.Requests(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return requestsReply{}, err
	}
	b := page.Book
	out := requestsReply{
		Items: make([]pendingRequest, len(page.Requests)), Cursor: page.Next,
		Number: b.Requests, Unread: b.Unread, ReadMs: b.RequestsRead, Version: b.RequestVersion,
	}
	for i, r := range page.Requests {
		out.Items[i] = pendingRequest{To: r.From, Wording: r.Wording, Source: v4.AddSource(r.Source), TimeMs: r.Time}
	}
	return out, nil
}
