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

// set changes fields of the caller's profile, all or nothing; what is not named
// stays. The caller's other devices and friends are told.
func set(ctx context.Context, c *op.Call, in setRequest) (setReply, error) {
	change, err := v4.ToProfile(in.Items)
	if err != nil {
		return setReply{}, err
	}
	return setReply{}, c.Profiles.Set(ctx, c.Caller.Account, change, false, c.Origin())
}
