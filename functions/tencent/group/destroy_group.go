package group

import (
	"context"

	"parley/shared/op"
)

type destroyGroupRequest struct {
	target
}

type destroyGroupResponse struct{}

// destroyGroup destroys a group. Its members are notified and are members no more, and its messages
// cannot be read. A worker removes its data; the id is free after half a minute.
func destroyGroup(ctx context.Context, c *op.Call, in destroyGroupRequest) (destroyGroupResponse, error) {
	return destroyGroupResponse{}, c.Groups.Destroy(ctx, actor(c, ""), in.Group)
}
