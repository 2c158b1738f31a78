package group

import (
	"context"

	"parley/shared/op"
)

type destroyRequest struct {
	target
}

// destroy destroys a group of the caller. Its members are notified, and its messages cannot be read
// any more.
func destroy(ctx context.Context, c *op.Call, in destroyRequest) (nothing, error) {
	return nothing{}, c.Groups.Destroy(ctx, actor(c), in.Group)
}
