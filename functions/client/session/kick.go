package session

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type kickRequest struct {
	Instance string `json:"Instance" need:"60003" bad:"60003"`
}

type kickReply struct {
	Kicked bool `json:"Kicked"`
}

// kick closes another device of the caller: it is told session.kick with the
// reason "kicked", and its slot is free. One that is not connected is no error,
// and the repeat of a call answers as the call did; the device is told once. The caller's own device signs out with
// session.logout.
func kick(ctx context.Context, c *op.Call, in kickRequest) (kickReply, error) {
	if in.Instance == c.Caller.Instance {
		return kickReply{}, v4.Refuse(60003, "Instance is the caller's own, which session.logout signs out")
	}
	kicked, watched, err := c.Sessions.Kick(ctx, c.Caller.Account, in.Instance, "kicked")
	if err != nil {
		return kickReply{}, err
	}
	return kickReply{Kicked: kicked}, c.Presence.Moved(ctx, c.Caller.Account, watched)
}
