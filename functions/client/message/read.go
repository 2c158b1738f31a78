package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type readRequest struct {
	conversation
	Ordinal *int64 `json:"Ordinal" bad:"90001"` // read up to this message; absent: read all so far
}

type readReply struct {
	Ordinal int64 `json:"ReadOrdinal"` // the caller has read the messages up to this one
	Unread  int64 `json:"Unread"`      // how many messages are unread now
}

// read marks the messages of the other user, or of a group, as read, up to an Ordinal or all of
// them. In a group the Ordinal is the number of a message. The other user's devices and the caller's
// other devices are notified; the other members of a group are not. An Ordinal that is lower than
// what is read already changes nothing.
func read(ctx context.Context, c *op.Call, in readRequest) (readReply, error) {
	if in.Ordinal != nil && *in.Ordinal < 0 {
		return readReply{}, v4.Refuse(90001, "Ordinal is a number from 0 on")
	}
	id, err := in.chat(c.Caller.Account)
	if err != nil {
		return readReply{}, err
	}
	m, err := c.Inbox.MarkRead(ctx, c.Caller.Account, id, in.Ordinal, c.Origin())
	if err != nil {
		return readReply{}, err
	}
	return readReply{Ordinal: m.Offset, Unread: m.Unread}, nil
}
