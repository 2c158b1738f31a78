package group

import (
	"context"

	"parley/shared/op"
)

type attributesDeleteRequest struct {
	target
	Attributes []attributeKey `json:"GroupAttr" need:"10004"`
}

// attributeKey names an attribute.
type attributeKey struct {
	Key string `json:"key" need:"10004"`
}

// attributesDelete deletes attributes of a group of the caller. If one of the keys does not exist
// (10050), nothing is deleted. The devices of the members, except the one that called, receive the keys.
func attributesDelete(ctx context.Context, c *op.Call, in attributesDeleteRequest) (version, error) {
	keys := make([]string, len(in.Attributes))
	for i, a := range in.Attributes {
		keys[i] = a.Key
	}
	v, err := c.GroupData.DeleteAttributes(ctx, actor(c), in.Group, keys, c.Origin())
	return version{v}, err
}
