package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type optionRequest struct {
	peers
	Option *int `json:"ReceiveOption" need:"50002"` // 0: all; 1: not pushed; 2: not told either
}

// option sets what the caller wants to be told of the messages of up to 100
// conversations: 0 all, 1 silently, 2 nothing.
func option(ctx context.Context, c *op.Call, in optionRequest) (results, error) {
	if err := size(len(in.To), conversations.MaxBatch); err != nil {
		return results{}, err
	}
	if *in.Option < int(messages.OptionNotify) || *in.Option > int(messages.OptionDiscard) {
		return results{}, v4.Refuse(badParameter, "ReceiveOption of a one-to-one conversation is 0, 1 or 2")
	}
	errs, err := c.Conversations.SetOption(ctx, c.Caller.Account, in.To, messages.Option(*in.Option), c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs)}, nil
}
