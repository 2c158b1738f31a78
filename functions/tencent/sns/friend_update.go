package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendUpdateRequest struct {
	owned
	Items []updateItem `json:"UpdateItem" need:"30001"`
}

type updateItem struct {
	To  string         `json:"To_Account"`
	Sns []v4.RawTagged `json:"SnsItem"`
}

// friendUpdate sets remark, lists and custom fields of friends. Lists replace
// those the friend was in; one that is missing is made.
func friendUpdate(ctx context.Context, c *op.Call, in friendUpdateRequest) (results, error) {
	if err := size(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, changes := make([]string, len(in.Items)), make([]relations.Change, len(in.Items))
	for i, item := range in.Items {
		if len(item.Sns) == 0 {
			return results{}, v4.Refuse(badParameter, "item %d has no SnsItem", i)
		}
		change, err := v4.ToChange(item.To, item.Sns)
		if err != nil {
			return results{}, err
		}
		peers[i], changes[i] = item.To, change
	}
	errs, err := c.Relations.Update(ctx, in.From, changes, false, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return gather(peers, errs, badParameter), nil
}
