package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type getReply struct {
	Conversations []v4.Conversation `json:"Conversations"`
}

// get returns up to 20 of the caller's conversations with their drafts, in the order of
// the request. Conversations that do not exist are left out.
func get(ctx context.Context, c *op.Call, in someConversations) (getReply, error) {
	ids, err := in.chats(c.Caller.Account, inbox.MaxGet)
	if err != nil {
		return getReply{}, err
	}
	list, err := c.Inbox.GetConversations(ctx, c.Caller.Account, ids)
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
