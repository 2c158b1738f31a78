package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type setGroupAttrRequest struct{ attributes }

type setGroupAttrResponse struct{}

// setGroupAttr replaces all attributes of a group. A key that comes twice has its last value. The
// devices of the members receive the attributes that have changed and the keys of those that are gone.
func setGroupAttr(ctx context.Context, c *op.Call, in setGroupAttrRequest) (setGroupAttrResponse, error) {
	values, err := v4.ToGroupAttributes(in.Attributes)
	if err != nil {
		return setGroupAttrResponse{}, err
	}
	_, err = c.GroupData.SetAttributes(ctx, actor(c, ""), in.Group, values, true, delivery.Origin{})
	return setGroupAttrResponse{}, err
}
