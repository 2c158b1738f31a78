package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type reactionsReply struct {
	List []messageReactions `json:"ResultItem"`
}

// messageReactions is the list of reactions to one message.
type messageReactions struct {
	Key       string        `json:"MsgKey"`
	Reactions []v4.Reaction `json:"ReactionList"`
}

// reactions returns the reactions to up to 30 messages of a conversation. Messages that
// the caller cannot see are left out.
func reactions(ctx context.Context, c *op.Call, in getRequest) (reactionsReply, error) {
	id, keys, err := in.find(c.Caller.Account)
	if err != nil {
		return reactionsReply{}, err
	}
	list, err := c.Timeline.Get(ctx, c.Caller.Account, id, keys)
	if err != nil {
		return reactionsReply{}, err
	}
	out := reactionsReply{List: make([]messageReactions, len(list))}
	for i, m := range list {
		out.List[i] = messageReactions{Key: m.Text(id), Reactions: v4.FromReactions(m)}
		if out.List[i].Reactions == nil {
			out.List[i].Reactions = []v4.Reaction{}
		}
	}
	return out, nil
}
