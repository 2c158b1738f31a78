package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type blackListDeleteRequest struct{ ownerAndUsers }

// blackListDelete removes up to 1000 users from one user's blocklist. A friendship that
// the block ended does not come back.
func blackListDelete(ctx context.Context, c *op.Call, in blackListDeleteRequest) (results, error) {
	if err := checkSize(len(in.To)); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Unblock(ctx, in.From, in.To, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return itemResults(in.To, errs, badParameter), nil
}
