package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type groupAddRequest struct {
	owner
	Names []string `json:"GroupName" need:"30001"`
	To    []string `json:"To_Account" bad:"30001"` // friends to put into each of the lists
}

type groupAddResponse struct {
	Items   []v4.Result `json:"ResultItem,omitempty"`
	Failed  []string    `json:"Fail_Account,omitempty"` // the users whose item failed
	Current int64       `json:"CurrentSequence"`        // the version of the lists
}

// groupAdd makes friend lists and puts friends into each of them. A name that exists is
// not an error.
func groupAdd(ctx context.Context, c *op.Call, in groupAddRequest) (groupAddResponse, error) {
	if err := checkSize(len(in.To)); err != nil {
		return groupAddResponse{}, err
	}
	errs, version, err := c.Relations.CreateLists(ctx, in.From, in.Names, in.To, delivery.Origin{})
	if err != nil {
		return groupAddResponse{}, err
	}
	r := itemResults(in.To, errs, notFriendInGroupAdd)
	return groupAddResponse{Items: r.Items, Failed: r.Failed, Current: version}, nil
}
