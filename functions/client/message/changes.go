package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type changesRequest struct {
	To     string `json:"To_Account" id:"user" need:"90003"`
	Since  int64  `json:"Since" bad:"90001"` // ms; 0: all changes
	Cursor string `json:"Cursor" bad:"90001"`
}

type changesReply struct {
	List     []v4.Message `json:"MsgList"`
	Deleted  []string     `json:"Deleted,omitempty"` // keys of messages that the caller deleted
	Complete bool         `json:"Complete"`
	Cursor   string       `json:"Cursor,omitempty"`
	Since    int64        `json:"Since"` // ms, for the next call
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
	p, err := c.Timeline.Changes(ctx, c.Caller.Account, chat.Between(c.Caller.Account, in.To), timeline.LogRange{
		SinceMs: in.Since, After: after, Limit: timeline.MaxChanges, Accept: v4.SizeLimit(v4.MaxAnswer, v4.FromMessage),
	})
	if err != nil {
		return changesReply{}, err
	}
	return changesReply{
		List: v4.FromMessages(p.Messages), Deleted: v4.FromKeys(p.Deleted), Complete: p.Next == nil,
		Cursor: v4.FormatLogCursor(p.Next), Since: p.SinceMs,
	}, nil
}
