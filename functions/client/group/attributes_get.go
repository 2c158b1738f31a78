package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type attributesGetRequest struct{ target }

type attributesGetReply struct {
	Attributes []v4.GroupAttribute `json:"GroupAttr"`
	Version    int64               `json:"Version"` // grows with every change of the attributes
}

// attributesGet reads all attributes of a group of the caller, in the order of their keys.
func attributesGet(ctx context.Context, c *op.Call, in attributesGetRequest) (attributesGetReply, error) {
	found, err := c.GroupData.Attributes(ctx, actor(c), in.Group)
	return attributesGetReply{v4.FromGroupAttributes(found.Values), found.Version}, err
}
