package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendAddRequest struct {
	owner
	Items []v4.AddFriend `json:"AddFriendItem" need:"30001"`
	Type  string         `json:"AddType" bad:"30001"`       // Add_Type_Both (default) or Add_Type_Single
	Force int            `json:"ForceAddFlags" bad:"30001"` // 1: no approval of the other user is needed
}

// friendAdd makes users friends or files friend requests, as each of the other users has
// chosen (AllowType). 30539 means that a request is filed. If one of the two users blocks
// the other, they do not become friends, even if the call is forced.
func friendAdd(ctx context.Context, c *op.Call, in friendAddRequest) (results, error) {
	kind, err := oneOf("AddType", in.Type, "Add_Type_Both", "Add_Type_Single")
	if err != nil {
		return results{}, err
	}
	force, err := v4.Flag("ForceAddFlags", in.Force)
	if err != nil {
		return results{}, err
	}
	if err := checkSize(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, requests, err := v4.ToFriendRequests(in.Items)
	if err != nil {
		return results{}, err
	}
	errs, err := c.Relations.AddFriends(ctx, in.From, requests, relations.AddOptions{Both: kind == "Add_Type_Both", Force: force})
	if err != nil {
		return results{}, err
	}
	return itemResults(peers, errs, badParameter), nil
}
