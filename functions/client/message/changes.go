package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type changesRequest struct {
	conversation
	Since  int64  `json:"Since" bad:"90001"` // ms; 0: all changes
	Cursor string `json:"Cursor" bad:"90001"`
}

type changesReply struct {
	messages
	Deleted  []string `json:"Deleted,omitempty"` // keys of messages that the caller deleted
	Complete bool     `json:"Complete"`
	Cursor   string   `json:"Cursor,omitempty"`
	Since    int64    `json:"Since"` // ms, for the next call
}

// changes returns the messages of a conversation that were recalled, edited, reacted to
// or confirmed by a receipt since a time, each as it is now, and the keys of those that
// the caller deleted. A device that was away calls it if the OperationMs of the
// conversation is not before the Since of the device's last session.sync.
func changes(ctx context.Context, c *op.Call, in changesRequest) (changesReply, error) {
	after, err := v4.ParseLogCursor(in.Cursor)
	if err != nil {
		return changesReply{}, err
	}
	if in.Since < 0 {
		return changesReply{}, v4.Refuse(90001, "Since is a time in milliseconds")
	}
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return changesReply{}, err
	}
	p, err := c.Timeline.Changes(ctx, c.Caller.Account, id, timeline.LogRange{
		SinceMs: in.Since, After: after, Limit: timeline.MaxChanges, Accept: fits(id),
	})
	if err != nil {
		return changesReply{}, err
	}
	return changesReply{
		messages: messagesOf(id, p.Messages), Deleted: v4.FromKeys(id, p.Deleted), Complete: p.Next == nil,
		Cursor: v4.FormatLogCursor(p.Next), Since: p.SinceMs,
	}, nil
}
