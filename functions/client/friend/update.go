package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type updateRequest struct {
	Items []updateItem `json:"UpdateItem" need:"30001"`
}

type updateItem struct {
	To  string         `json:"To_Account" bad:"30001"`
	Sns []v4.RawTagged `json:"SnsItem" bad:"30001"`
}

// update sets remark, lists and custom fields of friends; lists replace those
// the friend was in, one that is missing is made. Custom fields that users do
// not write are refused.
func update(ctx context.Context, c *op.Call, in updateRequest) (results, error) {
	if err := size(len(in.Items), maxUsers); err != nil {
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
	errs, err := c.Relations.Update(ctx, c.Caller.Account, changes, true, c.Origin())
	if err != nil {
		return results{}, err
	}
	return results{outcome(peers, errs, badParameter)}, nil
}
