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

// add adds up to 500 users as friends of the caller. Each user's own setting decides:
// the user becomes a friend at once, or a friend request is filed (result 30539), or
// the user takes no requests (result 30516). If a user has a pending request to the
// caller, that request is accepted and both are friends at once.
func add(ctx context.Context, c *op.Call, in addRequest) (results, error) {
	both, err := bothWays("AddType", in.Type, "Add_Type_", true)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.Items), maxUsers); err != nil {
		return results{}, err
	}
	peers, asks, err := v4.ToFriendRequests(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.AddFriends(ctx, c.Caller.Account, asks, relations.AddOptions{Both: both, Origin: c.Origin()})
	if err != nil {
		return results{}, err
	}
	return results{outcome(peers, errs, badParameter)}, nil
}
