package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/op"
)

type optionRequest struct {
	target
	Option string `json:"MsgFlag" need:"10004"` // AcceptAndNotify, AcceptNotNotify, Discard or AcceptNotNotifyExceptAt
}

// option sets what happens to the messages of a group for the caller: they are delivered and pushed,
// delivered only, neither, or delivered and pushed if they mention the caller. It is
// conversation.option for one group, by the names that groups have for it.
func option(ctx context.Context, c *op.Call, in optionRequest) (nothing, error) {
	value, err := v4.ParseReceiveOption(in.Option)
	if err != nil {
		return nothing{}, err
	}
	errs, err := c.Inbox.SetOption(ctx, c.Caller.Account, []chat.ID{chat.OfGroup(in.Group)}, value, c.Origin())
	if err == nil {
		err = errs[0]
	}
	return nothing{}, err
}
