package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type friendUpdateRequest struct {
	owner
	Items []v4.UpdateFriend `json:"UpdateItem" need:"30001"`
}

// friendUpdate sets the remark, the lists and custom fields of friends. The lists replace
// those that the friend was in. A list that does not exist is made.
func friendUpdate(ctx context.Context, c *op.Call, in friendUpdateRequest) (results, error) {
	if err := checkSize(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, changes, err := v4.ToChanges(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.UpdateFriends(ctx, in.From, changes, false, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return itemResults(peers, errs, badParameter), nil
}
