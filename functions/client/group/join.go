package group

import (
	"context"

	"parley/shared/domain/membership"
	"parley/shared/op"
)

type joinRequest struct {
	target
	Text string `json:"RemarkInfo" bad:"10004"` // for the owner and the admins, at most 300 bytes
}

type joinReply struct {
	Status string `json:"JoinedStatus"` // JoinedSuccess, or WaitAdminApproval
}

// join makes the caller a member of a group, or asks the owner and the admins for it, as the join
// option of the group says. A request can be answered for seven days.
func join(ctx context.Context, c *op.Call, in joinRequest) (joinReply, error) {
	result, err := c.Members.Apply(ctx, c.Caller.Account, in.Group, in.Text)
	if result == membership.AdminDecides {
		return joinReply{"WaitAdminApproval"}, err
	}
	return joinReply{"JoinedSuccess"}, err
}
