package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listRequest struct {
	Version int64  `json:"Version" bad:"30001"` // FriendVersion that the device has; 0: it has nothing
	Cursor  string `json:"Cursor" bad:"30001"`
	Limit   *int   `json:"Limit" bad:"30001"` // 1 to 100, default 100
}

type listReply struct {
	Entries []row    `json:"UserDataItem"`
	Deleted []string `json:"Deleted,omitempty"` // users who are no longer friends
	Version int64    `json:"FriendVersion"`
	Full    bool     `json:"Full"` // the answer is the table itself, not the changes
	Cursor  string   `json:"Cursor,omitempty"`
	Friends int      `json:"FriendNum"` // in the whole table
}

// list returns what changed in the caller's friend table since a version: the new and
// changed entries, and the users who were removed. If the changes are more than one
// page, or the version is more than 30 days old, it returns the table itself (Full),
// page by page in order of user ids. The device then drops the entries that it has and
// keeps the FriendVersion of the first page.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit, err := v4.PageSize(in.Limit, maxPage)
	if err != nil {
		return listReply{}, err
	}
	after, err := v4.ParsePeerCursor(in.Cursor)
	if err != nil {
		return listReply{}, err
	}
	if in.Version < 0 {
		return listReply{}, v4.Refuse(badParameter, "Version is a number from 0 on")
	}
	if in.Version > 0 && after == "" {
		delta, err := c.Relations.ReadFriendChanges(ctx, c.Caller.Account, in.Version)
		if err != nil {
			return listReply{}, err
		}
		if !delta.MustListAll && len(delta.Changed)+len(delta.Gone) <= limit {
			changed, err := entries(c, delta.Changed)
			if err != nil {
				return listReply{}, err
			}
			if len(changed) == len(delta.Changed) {
				return listReply{Entries: changed, Deleted: delta.Gone, Version: delta.Version, Friends: delta.Friends}, nil
			}
		}
	}
	page, err := c.Relations.ListFriends(ctx, c.Caller.Account, after, limit)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Version: page.Counters.FriendVersion, Full: true, Cursor: page.Next, Friends: page.Counters.Friends}
	if out.Entries, err = entries(c, page.Friends); err != nil {
		return listReply{}, err
	}
	if n := len(out.Entries); n < len(page.Friends) {
		out.Cursor = out.Entries[n-1].To
	}
	return out, nil
}
