package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendCheckRequest struct {
	ownerAndUsers
	Type string `json:"CheckType" need:"30001"` // CheckResult_Type_Single or CheckResult_Type_Both
}

type friendCheckResponse struct {
	Items  []checkItem `json:"InfoItem"`
	Failed []string    `json:"Fail_Account,omitempty"`
}

type checkItem struct {
	v4.Result
	Relation string `json:"Relation"`
}

// friendCheck tells for up to 1000 users whether the user has them as friends and whether
// they have the user as a friend.
func friendCheck(ctx context.Context, c *op.Call, in friendCheckRequest) (friendCheckResponse, error) {
	kind, err := oneOf("CheckType", in.Type, "CheckResult_Type_Both", "CheckResult_Type_Single")
	if err != nil {
		return friendCheckResponse{}, err
	}
	if err := checkSize(len(in.To)); err != nil {
		return friendCheckResponse{}, err
	}
	list, errs, err := c.Relations.CheckFriends(ctx, in.From, in.To, kind == "CheckResult_Type_Both")
	if err != nil {
		return friendCheckResponse{}, err
	}
	items, failed := relationItems(in.To, list, errs, "CheckResult_Type_", "NoRelation")
	return friendCheckResponse{items, failed}, nil
}

// relationItems returns the results of a check in their wire form. prefix is how the
// values of the command begin, and noRelation is its word for no relation.
func relationItems(peers []string, list []relations.Directions, errs []error, prefix, noRelation string) (items []checkItem, failed []string) {
	r := itemResults(peers, errs, badParameter)
	items = make([]checkItem, len(peers))
	for i := range peers {
		items[i] = checkItem{r.Items[i], prefix + v4.RelationWord(list[i], noRelation)}
	}
	return items, r.Failed
}
