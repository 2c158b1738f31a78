package group

import (
	"context"

	"parley/shared/op"
)

type muteRequest struct {
	target
	Users   []string `json:"Members_Account" need:"10004" max:"-"` // at most 500
	Seconds *int64   `json:"MuteTime" need:"10004"`                // 0 ends the mutes; 4294967295: for ever
}

// mute mutes users with a lesser role than the caller's for so many seconds, or ends their mutes.
// They need not be members: a mute outlives the membership.
func mute(ctx context.Context, c *op.Call, in muteRequest) (nothing, error) {
	return nothing{}, c.Members.Mute(ctx, actor(c), in.Group, in.Users, *in.Seconds)
}
