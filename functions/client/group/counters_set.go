package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type countersSetRequest struct {
	target
	Counters []v4.NewGroupCounter `json:"GroupCounter" need:"10004"`
	Mode     string               `json:"Mode" need:"10004"` // Set, Increase or Decrease
}

// countersSet sets, increases or decreases counters of a group of the caller, all or none, and returns
// the new values. A counter that does not exist begins at 0. Calls at the same time all count. The
// devices of the members, except the one that called, receive the new values.
func countersSet(ctx context.Context, c *op.Call, in countersSetRequest) (countersReply, error) {
	u, err := v4.ToCounters(in.Mode, in.Counters)
	if err != nil {
		return countersReply{}, err
	}
	now, err := c.GroupData.ChangeCounters(ctx, actor(c), in.Group, u, c.Origin())
	return countersReply{v4.FromGroupCounters(now.Values), now.Version}, err
}
