package message

import (
	"context"

	"parley/shared/op"
)

// unreact takes a reaction of the caller away.
func unreact(ctx context.Context, c *op.Call, in reactRequest) (done, error) {
	return in.apply(ctx, c, false)
}
