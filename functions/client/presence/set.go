package presence

import (
	"context"

	"parley/shared/op"
)

type setRequest struct {
	Custom *string `json:"CustomStatus" need:"60003"` // at most 64 bytes; empty: removes the status
}

type setReply struct{}

// set sets the status text that the caller shows to others, of at most 64 bytes. An
// empty text removes it. The caller's other devices are notified at once, and users who
// subscribed to the caller's presence two to three seconds later.
func set(ctx context.Context, c *op.Call, in setRequest) (setReply, error) {
	return setReply{}, c.Presence.SetStatus(ctx, c.Caller.Account, *in.Custom, c.Origin())
}
