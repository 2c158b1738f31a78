package message

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type reactRequest struct {
	oneMessage
	Reaction string `json:"Reaction" need:"90001"` // 1 to 64 bytes
}

// react adds a reaction of the caller to a message of the conversation. A reaction is a
// text of 1 to 64 bytes that both users see. A user has at most 10 reactions to one
// message (error 23005).
func react(ctx context.Context, c *op.Call, in reactRequest) (nothing, error) {
	return in.apply(ctx, c, true)
}

// apply adds or removes the reaction.
func (in reactRequest) apply(ctx context.Context, c *op.Call, add bool) (nothing, error) {
	key, err := timeline.ParseKey(in.Key)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Timeline.React(ctx, actor(c), c.Caller.Account, chat.Between(c.Caller.Account, in.To), key, in.Reaction, add)
}
