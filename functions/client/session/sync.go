package session

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type syncRequest struct {
	Since  int64  `json:"Since" bad:"60003"` // ms, of the first page of the sync before; 0: all
	Cursor string `json:"Cursor" bad:"60003"`
}

type syncReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
	Complete      bool              `json:"Complete"`
	Cursor        string            `json:"Cursor,omitempty"`
	Since         int64             `json:"Since"`             // ms, for the next sync
	Spread        int               `json:"Spread"`            // seconds over which to spread the next reconnect
	Expired       bool              `json:"Expired,omitempty"` // what the device holds from before Since is of no use
	*relationCounters
}

// relationCounters tell a device what of the caller's relations it has to pull.
// They are in the first page only.
type relationCounters struct {
	FriendVersion  int64 `json:"FriendVersion"`
	BlockVersion   int64 `json:"BlockVersion"`
	ListVersion    int64 `json:"ListVersion"`
	Requests       int   `json:"Requests"` // pending
	RequestsUnread int   `json:"RequestsUnread"`
	FolderVersion  int64 `json:"ContactGroupVersion"`
}

// page is the most conversations of one answer.
const page = 100

// sync returns the conversations that changed since a time, newest first. With
// the strong reads of a send, a message that was sent while the device connected
// is either pushed to it or in this answer. The first page tells the versions of
// the caller's friends, blocklist, lists and conversation groups, and counts the
// pending requests. Expired says that the device was away for longer than messages
// are kept: what became of older ones is not known any more.
func sync(ctx context.Context, c *op.Call, in syncRequest) (syncReply, error) {
	after, err := v4.ParseCursor(in.Cursor)
	if err != nil {
		return syncReply{}, err
	}
	p, err := c.Conversations.Sync(ctx, c.Caller.Account, in.Since, conversations.Cut{
		After: after, Limit: page, Fits: v4.Within(v4.MaxAnswer, v4.FromRow),
	})
	if err != nil {
		return syncReply{}, err
	}
	out := syncReply{
		Conversations: v4.FromRows(p.Rows), Complete: p.Next == nil, Cursor: v4.FormatCursor(p.Next),
		Since: p.SinceMs, Spread: c.Sessions.Spread,
		Expired: in.Since > 0 && in.Since < c.App.Now().Add(-c.Messages.Retention).UnixMilli(),
	}
	if after == nil {
		if err := noticed(ctx, c); err != nil {
			return syncReply{}, err
		}
		b, err := c.Relations.Counters(ctx, c.Caller.Account)
		if err != nil {
			return syncReply{}, err
		}
		out.relationCounters = &relationCounters{b.FriendVersion, b.BlockVersion, b.ListVersion, b.Requests, b.Unread, p.Shelf.Version}
	}
	return out, nil
}

// noticed has the connection of the call closed if it has no slot any more: its
// device receives nothing. Every client syncs when it has connected, when it comes
// to the front and every half an hour. What a connection sends to the user's other
// devices shows a missing slot, too (delivery.Service.Deliver).
func noticed(ctx context.Context, c *op.Call) error {
	if c.Request.Connection == "" {
		return nil
	}
	serves, err := c.Sessions.Serves(ctx, c.Caller.Account, c.Request.Connection)
	if err != nil || serves {
		return err
	}
	return c.Delivery.Unserved(ctx, c.Request.Connection)
}
