package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
	"parley/shared/op"
)

type deleteRequest struct {
	owner
	Type    int    `json:"Type,case:ignore" need:"50002"` // 1 one-to-one, 2 group
	To      string `json:"To_Account" id:"user" bad:"50002"`
	ToGroup string `json:"ToGroupid,case:ignore" bad:"50002"`
	Clear   int    `json:"ClearRamble" bad:"50002"` // 1: hides the history from the user, too
}

type deleteResponse struct{}

// deleteConversation removes a conversation from a user's list until its next message,
// and removes its pin. With ClearRamble 1 the messages until now are hidden from the
// user. The groups and marks of the conversation stay. If it is not in the list, the call
// succeeds.
func deleteConversation(ctx context.Context, c *op.Call, in deleteRequest) (deleteResponse, error) {
	named := contact{Type: in.Type, To: in.To, ToGroup: in.ToGroup}
	if err := named.check(); err != nil {
		return deleteResponse{}, err
	}
	if in.Clear != 0 && in.Clear != 1 {
		return deleteResponse{}, v4.Refuse(badParameter, "ClearRamble is 0 or 1")
	}
	err := c.Inbox.DeleteConversation(ctx, in.From, named.chat(in.From), in.Clear == 1, delivery.Origin{})
	if fault.Is(err, fault.MemberUnknown) { // the list does not have it
		err = c.Inbox.RequireAccount(ctx, in.From)
	}
	return deleteResponse{}, err
}
