package group

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type deleteGroupCounterRequest struct {
	target
	Keys []string `json:"GroupCounterKeys" bad:"10004"` // absent: all
}

type deleteGroupCounterResponse struct{}

// deleteGroupCounter deletes counters of a group. Keys that do not exist are skipped. The devices of
// the members receive the keys.
func deleteGroupCounter(ctx context.Context, c *op.Call, in deleteGroupCounterRequest) (deleteGroupCounterResponse, error) {
	return deleteGroupCounterResponse{}, c.GroupData.DeleteCounters(ctx, actor(c, ""), in.Group, in.Keys, delivery.Origin{})
}
