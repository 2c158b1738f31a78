package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listCreateRequest struct {
	Names []string `json:"GroupName" need:"30001"`
	To    []string `json:"To_Account" bad:"30001"` // friends to put into each list
}

// listOutcome is the answer to a change of friend lists.
type listOutcome struct {
	Items   []v4.Result `json:"ResultItem,omitempty"`
	Version int64       `json:"ListVersion"`
}

// listCreate creates friend lists and puts up to 500 friends into each of them. A user
// who is not a friend has the result 32216. A name that exists already is not an
// error: that list gets the friends.
func listCreate(ctx context.Context, c *op.Call, in listCreateRequest) (listOutcome, error) {
	if err := size(len(in.To), maxUsers); err != nil {
		return listOutcome{}, err
	}
	errs, version, err := c.Relations.CreateLists(ctx, c.Caller.Account, in.Names, in.To, c.Origin())
	if err != nil {
		return listOutcome{}, err
	}
	return listOutcome{outcome(in.To, errs, notInTable), version}, nil
}
