package session

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type syncRequest struct {
	Since  int64  `json:"Since" bad:"60003"` // ms, from the first page of the sync before; 0: all
	Cursor string `json:"Cursor" bad:"60003"`
}

type syncReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
	Complete      bool              `json:"Complete"`
	Cursor        string            `json:"Cursor,omitempty"`
	Since         int64             `json:"Since"`             // ms, for the next sync
	Spread        int               `json:"Spread"`            // over how many seconds to spread the next reconnect
	Expired       bool              `json:"Expired,omitempty"` // Since is further back than messages are kept
	*relationCounters
}

// relationCounters are in the first page only. They tell a device which of the caller's
// relations and folders it must pull: those whose version is not the device's own.
type relationCounters struct {
	FriendVersion  int64 `json:"FriendVersion"`
	BlockVersion   int64 `json:"BlockVersion"`
	ListVersion    int64 `json:"ListVersion"`
	Requests       int   `json:"Requests"` // pending friend requests
	RequestsUnread int   `json:"RequestsUnread"`
	FolderVersion  int64 `json:"ContactGroupVersion"`
	GroupVersion   int64 `json:"GroupVersion,omitempty"` // grows when the caller joins or leaves a group
	// GroupRequests is how many requests to join groups, and invitations, wait for the caller's answer, at most 50.
	GroupRequests int `json:"GroupRequests,omitempty"`
}

// pageSize is how many conversations one answer has at most.
const pageSize = 100

// sync returns the caller's conversations that changed since a time, newest first, at
// most 100 a page. The first page also has the versions of the caller's friends,
// blocklist, friend lists and folders, and the counts of pending friend requests and of
// what waits for the caller in groups.
// Expired says that the device was away for longer than messages are kept, so the server
// no longer knows what happened to the messages that the device has from before Since.
//
// A message that is sent while the device connects is either delivered to it or in the
// answer. Example: bob's phone connects while alice sends. Either alice's call finds the
// phone and posts to it, or the phone's sync finds the message.
func sync(ctx context.Context, c *op.Call, in syncRequest) (syncReply, error) {
	after, err := v4.ParseCursor(c.Caller.Account, in.Cursor)
	if err != nil {
		return syncReply{}, err
	}
	p, err := c.Inbox.Sync(ctx, c.Caller.Account, in.Since, inbox.PageRequest{
		After: after, Limit: pageSize, Fits: v4.SizeLimit(v4.MaxAnswer, v4.FromRow),
	})
	if err != nil {
		return syncReply{}, err
	}
	out := syncReply{
		Conversations: v4.FromRows(p.Rows), Complete: p.Next == nil, Cursor: v4.FormatCursor(c.Caller.Account, p.Next),
		Since: p.SinceMs, Spread: c.Sessions.Spread(),
		Expired: in.Since > 0 && in.Since < c.App.Now().Add(-c.Direct.Retention()).UnixMilli(),
	}
	if after == nil {
		if err := closeUnserved(ctx, c); err != nil {
			return syncReply{}, err
		}
		counters, err := c.Relations.CountersEventually(ctx, c.Caller.Account)
		if err != nil {
			return syncReply{}, err
		}
		waiting, err := c.Members.CountPending(ctx, c.Caller.Account)
		if err != nil {
			return syncReply{}, err
		}
		out.relationCounters = &relationCounters{
			counters.FriendVersion, counters.BlockVersion, counters.ListVersion, counters.Requests, counters.Unread, p.Head.Version, p.Head.GroupVersion,
			waiting,
		}
	}
	return out, nil
}

// closeUnserved queues the closing of the call's connection if it has no slot any more,
// because its device receives nothing. Every client calls sync after it has connected,
// when its app comes to the front, and every 30 minutes. A call that is delivered to the
// user's other devices notices a missing slot as well (delivery.Service.Deliver).
func closeUnserved(ctx context.Context, c *op.Call) error {
	if c.Request.Connection == "" {
		return nil
	}
	serves, err := c.Sessions.HasSlot(ctx, c.Caller.Account, c.Request.Connection)
	if err != nil || serves {
		return err
	}
	return c.Delivery.QueueClose(ctx, c.Request.Connection)
}
