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
	Cursor  string           `json:"Cursor,omitempty"` // absent on the last page
	Number  int              `json:"Requests"`         // pending requests, on all pages
	Unread  int              `json:"RequestsUnread"`   // those of them that are not read
	ReadMs  int64            `json:"ReadMs"`           // requests up to this time are read
	Version int64            `json:"RequestVersion"`
}

// pendingRequest is the friend request of one user.
type pendingRequest struct {
	To      string `json:"To_Account"` // the user who asks
	Wording string `json:"AddWording,omitempty"`
	Source  string `json:"AddSource,omitempty"`
	TimeMs  int64  `json:"TimeMs"`
}

// requests lists the pending friend requests to the caller, page by page in order of
// the ids of the users who ask. A request with a TimeMs up to ReadMs is read.
func requests(ctx context.Context, c *op.Call, in requestsRequest) (requestsReply, error) {
	limit, err := v4.PageSize(in.Limit, maxPage)
	if err != nil {
		return requestsReply{}, err
	}
	after, err := v4.ParsePeerCursor(in.Cursor)
	if err != nil {
		return requestsReply{}, err
	}
	page, err := c.Relations.ListRequests(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return requestsReply{}, err
	}
	counters := page.Counters
	out := requestsReply{
		Items: make([]pendingRequest, len(page.Requests)), Cursor: page.Next,
		Number: counters.Requests, Unread: counters.Unread, ReadMs: counters.RequestsRead, Version: counters.RequestVersion,
	}
	for i, r := range page.Requests {
		out.Items[i] = pendingRequest{To: r.From, Wording: r.Wording, Source: v4.AddSource(r.Source), TimeMs: r.Time}
	}
	return out, nil
}
