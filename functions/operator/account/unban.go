package account

import (
	"context"

	"parley/shared/op"
)

type unbanReply struct{}

// unban ends a ban. An account that is not banned is no error.
func unban(ctx context.Context, c *op.Call, in named) (unbanReply, error) {
	s, err := in.service(ctx, c)
	if err != nil {
		return unbanReply{}, err
	}
	return unbanReply{}, s.Unban(ctx, in.UserID)
}
