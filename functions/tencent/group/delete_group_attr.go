package group

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type deleteGroupAttrRequest struct {
	target
	Attributes []attributeKey `json:"GroupAttr" need:"10004"`
}

// attributeKey names an attribute.
type attributeKey struct {
	Key string `json:"key" need:"10004"`
}

type deleteGroupAttrResponse struct{}

// deleteGroupAttr deletes attributes of a group. If one of the keys does not exist (10050), nothing is
// deleted. The devices of the members receive the keys.
func deleteGroupAttr(ctx context.Context, c *op.Call, in deleteGroupAttrRequest) (deleteGroupAttrResponse, error) {
	keys := make([]string, len(in.Attributes))
	for i, a := range in.Attributes {
		keys[i] = a.Key
	}
	_, err := c.GroupData.DeleteAttributes(ctx, actor(c, ""), in.Group, keys, delivery.Origin{})
	return deleteGroupAttrResponse{}, err
}
