package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type updateRequest struct {
	Items []v4.UpdateFriend `json:"UpdateItem" need:"30001"`
}

// update sets the remark, the lists and the custom fields of up to 500 friends. The
// given lists replace the lists that the friend was in, and a list that does not exist
// is created. A custom field that users may not write is refused.
func update(ctx context.Context, c *op.Call, in updateRequest) (results, error) {
	if err := size(len(in.Items), maxUsers); err != nil {
		return results{}, err
	}
	peers, changes, err := v4.ToChanges(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.UpdateFriends(ctx, c.Caller.Account, changes, true, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(peers, errs, badParameter)}, nil
}
