package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type editRequest struct {
	oneMessage
	Body   []messages.Element `json:"MsgBody" max:"-" bad:"90007"`
	Custom *string            `json:"CloudCustomData" bad:"90001"`
}

// editReply is empty where the message was dropped without a word.
type editReply struct {
	EditedMs int64 `json:"EditMs,omitempty"` // the EditMs that the message has now
}

// edit replaces the elements or the custom data, or both, of a message that the
// caller sent, for both users. It holds the rules of a send; there is no limit of
// time.
func edit(ctx context.Context, c *op.Call, in editRequest) (editReply, error) {
	key, err := messages.ParseKey(in.Key)
	if err != nil {
		return editReply{}, err
	}
	if in.Body == nil && in.Custom == nil {
		return editReply{}, v4.Refuse(90001, "one of MsgBody and CloudCustomData is needed")
	}
	at, err := c.Messages.Edit(ctx, by(c), c.Caller.Account, in.To, key, messages.Edition{Elements: in.Body, Custom: in.Custom})
	return editReply{at}, err
}
