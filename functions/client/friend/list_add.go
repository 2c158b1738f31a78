package friend

import (
	"context"

	"parley/shared/op"
)

type listMembersRequest struct {
	someUsers
	Name string `json:"GroupName" need:"30001"`
}

// listAdd puts up to 500 friends into a friend list. A user who is not a friend has
// the result 32216. A friend who is in the list already is not an error.
func listAdd(ctx context.Context, c *op.Call, in listMembersRequest) (listOutcome, error) {
	if err := size(len(in.To), maxUsers); err != nil {
		return listOutcome{}, err
	}
	errs, version, err := c.Relations.AddToList(ctx, c.Caller.Account, in.Name, in.To, c.Origin())
	if err != nil {
		return listOutcome{}, err
	}
	return listOutcome{outcome(in.To, errs, notInTable), version}, nil
}
