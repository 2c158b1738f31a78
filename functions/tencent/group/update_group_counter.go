package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type updateGroupCounterRequest struct {
	target
	Counters []v4.NewGroupCounter `json:"GroupCounter" need:"10004"`
	Mode     string               `json:"Mode" need:"10004"` // Set, Increase or Decrease
}

type updateGroupCounterResponse struct {
	Counters []v4.GroupCounter `json:"GroupCounter"`
}

// updateGroupCounter sets, increases or decreases counters of a group, all or none, and returns the
// new values in the order of the keys. A counter that does not exist begins at 0. Calls at the same
// time all count. The devices of the members receive the new values.
func updateGroupCounter(ctx context.Context, c *op.Call, in updateGroupCounterRequest) (updateGroupCounterResponse, error) {
	u, err := v4.ToCounters(in.Mode, in.Counters)
	if err != nil {
		return updateGroupCounterResponse{}, err
	}
	now, err := c.GroupData.ChangeCounters(ctx, actor(c, ""), in.Group, u, delivery.Origin{})
	return updateGroupCounterResponse{v4.FromGroupCounters(now.Values)}, err
}
