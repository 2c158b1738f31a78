package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type addRequest struct {
	Items []v4.AddFriend `json:"AddFriendItem" need:"30001"`
	Type  string         `json:"AddType" bad:"30001"` // Add_Type_Both (default) or Add_Type_Single
}

// add makes friends or asks to, for each user by what that user has chosen:
// 30539 is a request that is filed, 30516 a user who takes none. Who has asked
// the caller before is a friend at once.
func add(ctx context.Context, c *op.Call, in addRequest) (results, error) {
	both, err := bothWays("AddType", in.Type, "Add_Type_", true)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.Items), maxUsers); err != nil {
		return results{}, err
	}
	peers, asks, err := v4.ToAsks(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.Add(ctx, c.Caller.Account, asks, relations.AddOptions{Both: both, Origin: c.Origin()})
	if err != nil {
		return results{}, err
	}
	return results{outcome(peers, errs, badParameter)}, nil
}
