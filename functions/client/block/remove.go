package block

import (
	"context"

	"parley/shared/op"
)

// remove takes up to 500 users off the caller's blocklist. A friendship that the block
// ended does not come back. A repeat of the call within two minutes succeeds.
func remove(ctx context.Context, c *op.Call, in someUsers) (results, error) {
	if err := in.check(); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Unblock(ctx, c.Caller.Account, in.To, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(in.To, errs)}, nil
}
