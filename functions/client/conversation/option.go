package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type optionRequest struct {
	somePeers
	Option *int `json:"ReceiveOption" need:"50002"` // 0: delivered and pushed; 1: delivered, not pushed; 2: neither
}

// option sets the caller's receive option for up to 100 conversations. It says whether
// new messages are delivered to the caller's devices and pushed (0), delivered without a
// push (1), or neither (2). The history and the count of unread messages have them in
// any case.
func option(ctx context.Context, c *op.Call, in optionRequest) (results, error) {
	if err := size(len(in.To), inbox.MaxBatch); err != nil {
		return results{}, err
	}
	if *in.Option < int(direct.OptionNotify) || *in.Option > int(direct.OptionDiscard) {
		return results{}, v4.Refuse(badParameter, "ReceiveOption of a one-to-one conversation is 0, 1 or 2")
	}
	errs, err := c.Inbox.SetOption(ctx, c.Caller.Account, chat.BetweenEach(c.Caller.Account, in.To), direct.Option(*in.Option), c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs)}, nil
}
