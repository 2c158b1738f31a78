package group

import (
	"cmp"
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type memberSetRequest struct {
	target
	User     string           `json:"Member_Account" id:"user" bad:"10004"` // absent: the caller
	NameCard *string          `json:"NameCard" bad:"10004"`                 // at most 50 bytes
	Custom   []v4.CustomField `json:"AppMemberDefinedData" bad:"10004"`     // an empty Value removes the field
}

// memberSet changes the name card and the custom fields of a member: the caller's own, or, if the
// caller is the owner or an admin, those of a member with a lesser role.
func memberSet(ctx context.Context, c *op.Call, in memberSetRequest) (nothing, error) {
	u := membership.Update{NameCard: in.NameCard, Fields: v4.ToCustomFields(in.Custom)}
	return nothing{}, c.Members.Update(ctx, actor(c), in.Group, cmp.Or(in.User, c.Caller.Account), u)
}
