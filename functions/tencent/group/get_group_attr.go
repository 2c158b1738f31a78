package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getGroupAttrRequest struct{ target }

type getGroupAttrResponse struct {
	Attributes []v4.GroupAttribute `json:"GroupAttrAry"`
}

// getGroupAttr reads all attributes of a group, in the order of their keys.
func getGroupAttr(ctx context.Context, c *op.Call, in getGroupAttrRequest) (getGroupAttrResponse, error) {
	found, err := c.GroupData.Attributes(ctx, actor(c, ""), in.Group)
	return getGroupAttrResponse{v4.FromGroupAttributes(found.Values)}, err
}
