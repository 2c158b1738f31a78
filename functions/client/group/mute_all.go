package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/op"
)

type muteAllRequest struct {
	target
	MuteAll *string `json:"MuteAllMember" need:"10004"` // On or Off
}

// muteAll mutes all ordinary members of a group, or ends that.
func muteAll(ctx context.Context, c *op.Call, in muteAllRequest) (nothing, error) {
	on, err := v4.Optional(in.MuteAll, v4.SwitchOf(fault.MuteAll))
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, c.Groups.Update(ctx, actor(c), in.Group, groups.Update{MuteAll: on})
}
