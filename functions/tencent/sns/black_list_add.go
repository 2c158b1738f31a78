package sns

import (
	"context"

	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type blackListAddRequest struct{ some }

// blackListAdd puts up to a thousand users into one user's blocklist. It ends
// their friendship on both sides and removes pending requests.
func blackListAdd(ctx context.Context, c *op.Call, in blackListAddRequest) (results, error) {
	if err := size(len(in.To)); err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Block(ctx, in.From, in.To, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return gather(in.To, errs, badParameter), nil
}
