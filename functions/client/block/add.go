package block

import (
	"context"

	"parley/shared/op"
)

// add puts up to five hundred users into the caller's blocklist. It ends the
// friendship on both sides and removes requests both ways; who is blocked is not
// told of the block.
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
