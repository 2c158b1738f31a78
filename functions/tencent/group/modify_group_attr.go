package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type modifyGroupAttrRequest struct{ attributes }

type modifyGroupAttrResponse struct{}

// modifyGroupAttr adds attributes to a group, or overwrites them. The others stay. A key that comes
// twice has its last value. The devices of the members receive the attributes that have changed.
func modifyGroupAttr(ctx context.Context, c *op.Call, in modifyGroupAttrRequest) (modifyGroupAttrResponse, error) {
	values, err := v4.ToGroupAttributes(in.Attributes)
	if err != nil {
		return modifyGroupAttrResponse{}, err
	}
	_, err = c.GroupData.SetAttributes(ctx, actor(c, ""), in.Group, values, false, delivery.Origin{})
	return modifyGroupAttrResponse{}, err
}
