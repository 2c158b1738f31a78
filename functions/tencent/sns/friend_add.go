package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendAddRequest struct {
	owned
	Items []v4.AddFriend `json:"AddFriendItem" need:"30001"`
	Type  string         `json:"AddType" bad:"30001"`       // Add_Type_Both (default) or Add_Type_Single
	Force int            `json:"ForceAddFlags" bad:"30001"` // 1: whatever the other has chosen
}

// friendAdd makes friends or files requests, for each user by what that user has
// chosen; 30539 is a request that is filed. Users who block each other stay
// strangers, also where the call is forced.
func friendAdd(ctx context.Context, c *op.Call, in friendAddRequest) (results, error) {
	kind, err := oneOf("AddType", in.Type, "Add_Type_Both", "Add_Type_Single")
	if err != nil {
		return results{}, err
	}
	force, err := v4.Flag("ForceAddFlags", in.Force)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, asks, err := v4.ToAsks(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Add(ctx, in.From, asks, relations.AddOptions{Both: kind == "Add_Type_Both", Force: force})
	if err != nil {
		return results{}, err
	}
	return gather(peers, errs, badParameter), nil
}
