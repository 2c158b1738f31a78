package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type modifyRequest struct {
	From   string             `json:"From_Account" id:"user" need:"90008"`
	To     string             `json:"To_Account" id:"user" need:"90003"`
	Key    string             `json:"MsgKey" need:"90054"`
	Body   []messages.Element `json:"MsgBody" max:"-" bad:"90007"`
	Custom *string            `json:"CloudCustomData" bad:"90001"`
}

type modifyResponse struct{}

// ErrorInfo is what the reference shows for a success (core spec §1.2).
func (modifyResponse) ErrorInfo() string { return "succeed" }

// modifyC2CMsg replaces the elements or the custom data, or both, of a message
// of From_Account to To_Account. Key, time and sequence stay, and the devices of
// both are told.
func modifyC2CMsg(ctx context.Context, c *op.Call, in modifyRequest) (modifyResponse, error) {
	key, err := messages.ParseKey(in.Key)
	if err != nil {
		return modifyResponse{}, err
	}
	if in.Body == nil && in.Custom == nil {
		return modifyResponse{}, v4.Refuse(badBody, "one of MsgBody and CloudCustomData is needed")
	}
	_, err = c.Messages.Edit(ctx, messages.Actor{Trusted: true}, in.From, in.To, key,
		messages.Edition{Elements: in.Body, Custom: in.Custom})
	return modifyResponse{}, err
}
