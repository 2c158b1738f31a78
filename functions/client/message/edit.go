package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type editRequest struct {
	aMessage
	Body   []v4.Element `json:"MsgBody" max:"-" bad:"90007"`
	Custom *string      `json:"CloudCustomData" bad:"90001"`
}

type editReply struct {
	EditedMs int64 `json:"EditMs,omitempty"` // the EditMs that the message has now; absent: nothing was changed
}

// edit replaces the elements or the custom data of a message that the caller sent, or
// both, for all. The rules of message.send apply. A message can be edited at any
// time.
func edit(ctx context.Context, c *op.Call, in editRequest) (editReply, error) {
	id, key, err := in.find(c.Caller.Account)
	if err != nil {
		return editReply{}, err
	}
	if in.Body == nil && in.Custom == nil {
		return editReply{}, v4.Refuse(90001, "one of MsgBody and CloudCustomData is needed")
	}
	elements, err := v4.ReadElements(in.Body)
	if err != nil {
		return editReply{}, err
	}
	at, err := c.Timeline.Edit(ctx, actor(c), c.Caller.Account, id, key,
		timeline.EditRequest{Elements: elements, Custom: in.Custom, Form: v4.Form{}})
	return editReply{at}, err
}
