package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type editRequest struct {
	oneMessage
	Body   []v4.Element `json:"MsgBody" max:"-" bad:"90007"`
	Custom *string      `json:"CloudCustomData" bad:"90001"`
}

type editReply struct {
	EditedMs int64 `json:"EditMs,omitempty"` // the EditMs that the message has now; absent: nothing was changed
}

// edit replaces the elements or the custom data of a message that the caller sent, or
// both, for both users. The rules of message.send apply. A message can be edited at any
// time.
func edit(ctx context.Context, c *op.Call, in editRequest) (editReply, error) {
	key, err := timeline.ParseKey(in.Key)
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
	at, err := c.Timeline.Edit(ctx, actor(c), c.Caller.Account, chat.Between(c.Caller.Account, in.To), key,
		timeline.EditRequest{Elements: elements, Custom: in.Custom, Form: v4.Form{}})
	return editReply{at}, err
}
