package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type countersGetRequest struct {
	target
	Keys []string `json:"GroupCounterKeys" bad:"10004"` // absent: all
}

type countersReply struct {
	Counters []v4.GroupCounter `json:"GroupCounter"`
	Version  int64             `json:"Version"` // grows with every change of the group's counters
}

// countersGet reads counters of a group of the caller, in the order of their keys. Keys that do not
// exist are left out. Counters need the premium edition (10059).
func countersGet(ctx context.Context, c *op.Call, in countersGetRequest) (countersReply, error) {
	found, err := c.GroupData.Counters(ctx, actor(c), in.Group, in.Keys)
	return countersReply{v4.FromGroupCounters(found.Values), found.Version}, err
}
