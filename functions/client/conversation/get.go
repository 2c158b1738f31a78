package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type getReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
}

// get returns up to 20 of the caller's conversations with their drafts, in the order of
// the request. Conversations that do not exist are left out.
func get(ctx context.Context, c *op.Call, in somePeers) (getReply, error) {
	if err := size(len(in.To), inbox.MaxGet); err != nil {
		return getReply{}, err
	}
	list, err := c.Inbox.Get(ctx, c.Caller.Account, chat.BetweenEach(c.Caller.Account, in.To))
	if err != nil {
		return getReply{}, err
	}
	out := getReply{Conversations: make([]v4.Conversation, len(list))}
	for i, found := range list {
		out.Conversations[i] = v4.FromRow(found.Row)
		out.Conversations[i].Draft = found.Draft
	}
	return out, nil
}
