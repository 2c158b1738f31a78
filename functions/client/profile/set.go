package profile

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type setRequest struct {
	Items []v4.RawTagged `json:"ProfileItem" need:"40001"`
}

type setReply struct{}

// set changes fields of the caller's profile. It changes all the given fields, or none
// of them if one is refused; other fields stay as they are. The caller's other devices
// are notified at once, and users who have the caller as a friend a moment later.
func set(ctx context.Context, c *op.Call, in setRequest) (setReply, error) {
	change, err := v4.ToProfile(in.Items)
	if err != nil {
		return setReply{}, err
	}
	return setReply{}, c.Profiles.Set(ctx, c.Caller.Account, change, false, c.Origin())
}
