package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type friendUpdateRequest struct {
	owned
	Items []v4.UpdateFriend `json:"UpdateItem" need:"30001"`
}

// friendUpdate sets remark, lists and custom fields of friends. Lists replace
// those the friend was in; one that is missing is made.
func friendUpdate(ctx context.Context, c *op.Call, in friendUpdateRequest) (results, error) {
	if err := size(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, changes, err := v4.ToChanges(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Update(ctx, in.From, changes, false, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return gather(peers, errs, badParameter), nil
}
