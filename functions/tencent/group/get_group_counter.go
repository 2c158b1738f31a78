package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getGroupCounterRequest struct {
	target
	Keys []string `json:"GroupCounterKeys" bad:"10004"` // absent: all
}

type getGroupCounterResponse struct {
	Counters []v4.GroupCounter `json:"GroupCounter"`
}

// getGroupCounter reads counters of a group, in the order of their keys. Keys that do not exist are
// left out. Counters need the premium edition (10059).
func getGroupCounter(ctx context.Context, c *op.Call, in getGroupCounterRequest) (getGroupCounterResponse, error) {
	found, err := c.GroupData.Counters(ctx, actor(c, ""), in.Group, in.Keys)
	return getGroupCounterResponse{v4.FromGroupCounters(found.Values)}, err
}
