package session

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type kickRequest struct {
	Instance string `json:"Instance" need:"60003" bad:"60003"` // of the device to kick
}

type kickReply struct {
	Kicked bool `json:"Kicked"` // false: no such device is connected
}

// kick kicks another device of the caller. The device receives session.kick with the
// reason "kicked", its connections are closed, and its slot is free. A device that is
// not connected is not an error (Kicked is false). A repeat of the call within five
// minutes has the same answer, and the device is not notified again. The caller's own
// device cannot be kicked; it signs out with session.logout.
func kick(ctx context.Context, c *op.Call, in kickRequest) (kickReply, error) {
	if in.Instance == c.Caller.Instance {
		return kickReply{}, v4.Refuse(60003, "Instance is the caller's own, which session.logout signs out")
	}
	kicked, watched, err := c.Sessions.Kick(ctx, c.Caller.Account, in.Instance, "kicked")
	if err != nil {
		return kickReply{}, err
	}
	return kickReply{Kicked: kicked}, c.Presence.NotifyWatchers(ctx, c.Caller.Account, watched)
}
