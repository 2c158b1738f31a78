package message

import (
	"context"

	"parley/shared/domain/messages"
	"parley/shared/op"
)

type reactRequest struct {
	oneMessage
	Reaction string `json:"Reaction" need:"90001"`
}

// react adds a reaction of the caller to a message of the conversation, for both
// users to see: a text of 1 to 64 bytes, at most 10 to a message.
func react(ctx context.Context, c *op.Call, in reactRequest) (done, error) {
	return in.apply(ctx, c, true)
}

func (in reactRequest) apply(ctx context.Context, c *op.Call, add bool) (done, error) {
	key, err := messages.ParseKey(in.Key)
	if err != nil {
		return done{}, err
	}
	return done{}, c.Messages.React(ctx, by(c), c.Caller.Account, in.To, key, in.Reaction, add)
}
