package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type attributesSetRequest struct {
	target
	Attributes []v4.NewGroupAttribute `json:"GroupAttr" bad:"10004"`
	Clear      int                    `json:"Clear" bad:"10004"` // 1: the attributes that GroupAttr does not have are deleted
}

// attributesSet adds attributes to a group of the caller, or overwrites them. The others stay, unless
// Clear is 1. A key that comes twice has its last value. The devices of the members, except the one
// that called, receive the attributes that have changed and the keys of those that are gone.
func attributesSet(ctx context.Context, c *op.Call, in attributesSetRequest) (version, error) {
	if in.Clear != 0 && in.Clear != 1 {
		return version{}, v4.Refuse(badParameter, "Clear is 0 or 1")
	}
	if len(in.Attributes) == 0 && in.Clear == 0 {
		return version{}, v4.Refuse(badParameter, "GroupAttr is missing or empty")
	}
	values, err := v4.ToGroupAttributes(in.Attributes)
	if err != nil {
		return version{}, err
	}
	v, err := c.GroupData.SetAttributes(ctx, actor(c), in.Group, values, in.Clear == 1, c.Origin())
	return version{v}, err
}
