package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type modifyRequest struct {
	From   string       `json:"From_Account" id:"user" need:"90008"`
	To     string       `json:"To_Account" id:"user" need:"90003"`
	Key    string       `json:"MsgKey" need:"90054"`
	Body   []v4.Element `json:"MsgBody" max:"-" bad:"90007"` // MsgBody, CloudCustomData or both are required
	Custom *string      `json:"CloudCustomData" bad:"90001"`
}

type modifyResponse struct{}

// ErrorInfo returns the text that the vendor answers if the call succeeds
// (docs/spec/tencent §6.8).
func (modifyResponse) ErrorInfo() string { return "succeed" }

// modifyC2CMsg replaces the elements, the custom data, or both, of a message from
// From_Account to To_Account. The key, the time and the sequence stay, and the devices
// of both users are notified.
func modifyC2CMsg(ctx context.Context, c *op.Call, in modifyRequest) (modifyResponse, error) {
	key, err := timeline.ParseKey(in.Key)
	if err != nil {
		return modifyResponse{}, err
	}
	if in.Body == nil && in.Custom == nil {
		return modifyResponse{}, v4.Refuse(badBody, "one of MsgBody and CloudCustomData is needed")
	}
	elements, err := v4.ReadElements(in.Body)
	if err != nil {
		return modifyResponse{}, err
	}
	_, err = c.Timeline.Edit(ctx, timeline.Actor{Trusted: true}, in.From, chat.Between(in.From, in.To), key,
		timeline.EditRequest{Elements: elements, Custom: in.Custom, Form: v4.Form{}})
	return modifyResponse{}, err
}
