package block

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listRequest struct {
	Cursor string `json:"Cursor" bad:"30001"`
	Limit  *int   `json:"Limit" bad:"30001"` // 1 to 100, default 100
}

type listReply struct {
	Items   []blocked `json:"BlackListItem"`
	Cursor  string    `json:"Cursor,omitempty"` // absent on the last page
	Number  int       `json:"BlackListNum"`     // users on the whole blocklist
	Version int64     `json:"BlockVersion"`
}

// blocked is a user on the blocklist.
type blocked struct {
	To   string `json:"To_Account"`
	Time int64  `json:"AddBlackTimeStamp"` // Unix seconds
}

// list returns the caller's blocklist, page by page in order of user ids. A device that
// has read all pages keeps the BlockVersion of the first page.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit, err := v4.PageSize(in.Limit, maxPage)
	if err != nil {
		return listReply{}, err
	}
	after, err := v4.ParsePeerCursor(in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	page, err := c.Relations.ListBlocks(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{
		Items: make([]blocked, len(page.Blocks)), Cursor: page.Next,
		Number: page.Counters.Blocked, Version: page.Counters.BlockVersion,
	}
	for i, b := range page.Blocks {
		out.Items[i] = blocked{To: b.Peer, Time: b.Time}
	}
	return out, nil
}
