package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type deleteRequest struct {
	owned
	Type    int    `json:"Type,case:ignore" need:"50002"`
	To      string `json:"To_Account" id:"user" bad:"50002"`
	ToGroup string `json:"ToGroupid,case:ignore" bad:"50002"`
	Clear   int    `json:"ClearRamble" bad:"50002"`
}

type deleteResponse struct{}

// remove takes a conversation out of a user's list until its next message, and its
// pin with it; with ClearRamble 1 its messages so far are hidden from the user.
// Groups and marks stay. A conversation that is not there is deleted already.
func remove(ctx context.Context, c *op.Call, in deleteRequest) (deleteResponse, error) {
	if err := (contact{Type: in.Type, To: in.To, ToGroup: in.ToGroup}).check(); err != nil {
		return deleteResponse{}, err
	}
	if in.Clear != 0 && in.Clear != 1 {
		return deleteResponse{}, v4.Refuse(badParameter, "ClearRamble is 0 or 1")
	}
	if in.Type == typeGroup { // no group is there yet
		return deleteResponse{}, c.Conversations.Known(ctx, in.From)
	}
	return deleteResponse{}, c.Conversations.Delete(ctx, in.From, in.To, in.Clear == 1, delivery.Origin{})
}
