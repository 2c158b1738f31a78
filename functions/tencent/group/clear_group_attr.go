package group

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type clearGroupAttrRequest struct{ target }

type clearGroupAttrResponse struct{}

// clearGroupAttr deletes all attributes of a group. The devices of the members receive their keys.
func clearGroupAttr(ctx context.Context, c *op.Call, in clearGroupAttrRequest) (clearGroupAttrResponse, error) {
	_, err := c.GroupData.ClearAttributes(ctx, actor(c, ""), in.Group, delivery.Origin{})
	return clearGroupAttrResponse{}, err
}
