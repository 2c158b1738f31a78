package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type readRequest struct {
	To      string `json:"To_Account" id:"user" need:"90003"`
	Ordinal *int64 `json:"Ordinal" bad:"90001"` // up to this one; absent: everything so far
}

type readReply struct {
	Ordinal int64 `json:"ReadOrdinal"`
	Unread  int64 `json:"Unread"`
}

// read marks what the other user sent as read, up to an ordinal or all of it.
// The other user's devices and the caller's other ones are told.
func read(ctx context.Context, c *op.Call, in readRequest) (readReply, error) {
	if in.Ordinal != nil && *in.Ordinal < 0 {
		return readReply{}, v4.Refuse(90001, "Ordinal is a number from 0 on")
	}
	m, err := c.Conversations.Read(ctx, c.Caller.Account, in.To, in.Ordinal, c.Origin())
	if err != nil {
		return readReply{}, err
	}
	return readReply{Ordinal: m.Ordinal, Unread: m.Unread}, nil
}
