package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type updateRequest struct {
	target
	v4.GroupUpdate
}

// update changes fields of a group. What is absent stays. Which fields a role may change is a matter
// of the type of the group.
func update(ctx context.Context, c *op.Call, in updateRequest) (nothing, error) {
	u, err := in.ToUpdate()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Groups.Update(ctx, actor(c), in.Group, u)
}
