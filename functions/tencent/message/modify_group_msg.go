package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
)

type modifyGroupMsgRequest struct {
	Group  string       `json:"GroupId" need:"90003"`
	Seq    *int64       `json:"MsgSeq" need:"90001"`         // number of the message
	Body   []v4.Element `json:"MsgBody" max:"-" bad:"90007"` // MsgBody, CloudCustomData or both are required
	Custom *string      `json:"CloudCustomData" bad:"90001"`
}

// modifyGroupMsg replaces the elements, the custom data, or both, of a message of a group, whoever
// sent it. The number and the time stay, and the devices of the members are notified. A tip cannot be
// changed (10032).
func modifyGroupMsg(ctx context.Context, c *op.Call, in modifyGroupMsgRequest) (modifyResponse, error) {
	if in.Body == nil && in.Custom == nil {
		return modifyResponse{}, v4.Refuse(badBody, "one of MsgBody and CloudCustomData is needed")
	}
	elements, err := v4.ReadElements(in.Body)
	if err != nil {
		return modifyResponse{}, err
	}
	key, err := timeline.FindableKey(*in.Seq, fault.MessageUnknown)
	if err != nil {
		return modifyResponse{}, err
	}
	_, err = c.Timeline.Edit(ctx, timeline.Actor{Trusted: true}, "", chat.OfGroup(in.Group), key,
		timeline.EditRequest{Elements: elements, Custom: in.Custom, Form: v4.Form{}})
	return modifyResponse{}, err
}
