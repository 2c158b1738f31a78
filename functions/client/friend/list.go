package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listRequest struct {
	Version int64  `json:"Version" bad:"30001"` // of the table as the device has it; 0: none of it
	Cursor  string `json:"Cursor" bad:"30001"`
	Limit   *int   `json:"Limit" bad:"30001"` // 1 to 100, default 100
}

type listReply struct {
	Rows    []row    `json:"UserDataItem"`
	Deleted []string `json:"Deleted,omitempty"`
	Version int64    `json:"FriendVersion"`
	Full    bool     `json:"Full"` // the table itself, from the start
	Cursor  string   `json:"Cursor,omitempty"`
	Friends int      `json:"FriendNum"`
}

// list returns what changed in the caller's friend table since a version: the
// entries that are another, and who is gone. Where that is more than a page, or
// too long ago, it returns the table itself from the start, page by page, in
// order of ids; the version of the first page is then the device's.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit, err := pageSize(in.Limit)
	if err != nil {
		return listReply{}, err
	}
	after, err := v4.ParsePeer(in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	if in.Version < 0 {
		return listReply{}, v4.Refuse(badParameter, "Version is a number from 0 on")
	}
	if in.Version > 0 && after == "" {
		d, err := c.Relations.Changes(ctx, c.Caller.Account, in.Version)
		if err != nil {
			return listReply{}, err
		}
		if !d.Full && len(d.Changed)+len(d.Gone) <= limit {
			changed, err := rows(c, d.Changed)
			if err != nil {
				return listReply{}, err
			}
			if len(changed) == len(d.Changed) {
				return listReply{Rows: changed, Deleted: d.Gone, Version: d.Version, Friends: d.Friends}, nil
			}
		}
	}
	page, err := c.Relations.List(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Version: page.Book.FriendVersion, Full: true, Cursor: page.Next, Friends: page.Book.Friends}
	if out.Rows, err = rows(c, page.Friends); err != nil {
		return listReply{}, err
	}
	if n := len(out.Rows); n < len(page.Friends) {
		out.Cursor = out.Rows[n-1].To
	}
	return out, nil
}
