package conversation

import (
	"context"

	v4 "parley/shared/dialect/v4"
	domain "parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type optionRequest struct {
	someConversations
	Option *int `json:"ReceiveOption" need:"50002"` // 0: delivered and pushed; 1: delivered, not pushed; 2: neither; 3: of groups, as 1, and mentions are pushed
}

// option sets the caller's receive option for up to 100 conversations. It says whether
// new messages are delivered to the caller's devices and pushed (0), delivered without a
// push (1), or neither (2). For groups it can also say that only messages that mention the
// caller are pushed (3). The history and the count of unread messages have them in
// any case.
func option(ctx context.Context, c *op.Call, in optionRequest) (results, error) {
	ids, err := in.chats(c.Caller.Account, inbox.MaxBatch)
	if err != nil {
		return results{}, err
	}
	o := domain.ReceiveOption(*in.Option)
	switch {
	case !o.Valid():
		return results{}, v4.Refuse(badParameter, "ReceiveOption is 0, 1 or 2, or 3 for groups")
	case o == domain.SilentButMentioned && len(in.To) > 0:
		return results{}, v4.Refuse(badParameter, "ReceiveOption of a one-to-one conversation is 0, 1 or 2")
	}
	errs, err := c.Inbox.SetOption(ctx, c.Caller.Account, ids, o, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(c.Caller.Account, ids, errs)}, nil
}
