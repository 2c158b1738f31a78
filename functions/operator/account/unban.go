package account

import (
	"context"

	"parley/shared/op"
)

type unbanReply struct{}

// unban ends a ban. It succeeds if the account is not banned.
func unban(ctx context.Context, c *op.Call, in accountRequest) (unbanReply, error) {
	service, err := in.service(ctx, c)
	if err != nil {
		return unbanReply{}, err
	}
	return unbanReply{}, service.Unban(ctx, in.UserID)
}
