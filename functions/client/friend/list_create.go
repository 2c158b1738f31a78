package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type listCreateRequest struct {
	Names []string `json:"GroupName" need:"30001"`
	To    []string `json:"To_Account" bad:"30001"` // friends to put into each of the lists
}

// listOutcome is the outcome of a change of friend lists.
type listOutcome struct {
	Items   []v4.Result `json:"ResultItem,omitempty"`
	Version int64       `json:"ListVersion"`
}

// listCreate makes friend lists and puts friends into each; 32216 is who is
// none. A name that exists is no error.
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
