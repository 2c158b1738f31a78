package group

import (
	"context"

	"parley/shared/domain/membership"
	"parley/shared/op"
)

type removeRequest struct {
	target
	Users  []string `json:"MemberToDel_Account" need:"10004" max:"-"` // at most 500
	Reason string   `json:"Reason" bad:"10004"`
}

// remove removes members with a lesser role than the caller's. Who is not a member is skipped. If one
// of them may not be removed, nobody is.
func remove(ctx context.Context, c *op.Call, in removeRequest) (nothing, error) {
	return nothing{}, c.Members.Remove(ctx, actor(c), membership.Removal{Group: in.Group, Users: in.Users, Reason: in.Reason})
}
