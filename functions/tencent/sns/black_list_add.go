package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type blackListAddRequest struct{ ownerAndUsers }

// blackListAdd puts up to 1000 users on one user's blocklist. It ends their friendships
// with the user on both sides, and removes the pending friend requests between them.
func blackListAdd(ctx context.Context, c *op.Call, in blackListAddRequest) (results, error) {
	if err := checkSize(len(in.To)); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Block(ctx, in.From, in.To, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return itemResults(in.To, errs, badParameter), nil
}
