package message

import (
	"context"

	"parley/shared/op"
)

// unreact removes a reaction of the caller from a message.
func unreact(ctx context.Context, c *op.Call, in reactRequest) (nothing, error) {
	return in.apply(ctx, c, false)
}
