package message

import (
	"context"

	"parley/shared/op"
)

type reactRequest struct {
	aMessage
	Reaction string `json:"Reaction" need:"90001"` // 1 to 64 bytes
}

// react adds a reaction of the caller to a message of the conversation. A reaction is a
// text of 1 to 64 bytes that both users, or all members, see. A user has at most 10 reactions to one
// message (error 23005). A message of a group has at most 10 different reactions (23005), each of
// at most 100 members (23006).
func react(ctx context.Context, c *op.Call, in reactRequest) (nothing, error) {
	return in.apply(ctx, c, true)
}

// apply adds or removes the reaction.
func (in reactRequest) apply(ctx context.Context, c *op.Call, add bool) (nothing, error) {
	id, key, err := in.find(c.Caller.Account)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.React(ctx, actor(c), c.Caller.Account, id, key, in.Reaction, add)
}
