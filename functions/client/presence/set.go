package presence

import (
	"context"

	"parley/shared/op"
)

type setRequest struct {
	Custom *string `json:"CustomStatus" need:"60003"` // at most 64 bytes; empty: none
}

type setReply struct{}

// set changes what the caller chooses to show, at most 64 bytes; empty removes
// it. The caller's other devices are told at once, watchers in a moment.
func set(ctx context.Context, c *op.Call, in setRequest) (setReply, error) {
	return setReply{}, c.Presence.SetStatus(ctx, c.Caller.Account, *in.Custom, c.Origin())
}
