package block

import (
	"context"

	"parley/shared/op"
)

// add puts up to 500 users on the caller's blocklist. It ends a friendship on both
// sides and removes friend requests in both directions. A user who is blocked is not
// notified of the block. A repeat of the call within two minutes succeeds.
func add(ctx context.Context, c *op.Call, in someUsers) (results, error) {
	if err := in.check(); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Block(ctx, c.Caller.Account, in.To, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs)}, nil
}
