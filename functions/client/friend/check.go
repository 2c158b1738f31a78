package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type checkRequest struct {
	someUsers
	Type string `json:"CheckType" bad:"30001"` // CheckResult_Type_Both (default) or CheckResult_Type_Single
}

type checkReply struct {
	Items []checkItem `json:"InfoItem"`
}

// checkItem is the relation between the caller and one user.
type checkItem struct {
	v4.Result
	Relation string `json:"Relation"` // CheckResult_Type_BothWay, _AWithB (only the caller has the user), _BWithA (only the user has the caller) or _NoRelation
}

// check says for each of up to 500 users whether the caller has that user as a
// friend and, with CheckResult_Type_Both, whether that user has the caller.
func check(ctx context.Context, c *op.Call, in checkRequest) (checkReply, error) {
	both, err := bothWays("CheckType", in.Type, "CheckResult_Type_", true)
	if err != nil {
		return checkReply{}, err
	}
	if err := size(len(in.To), maxUsers); err != nil {
		return checkReply{}, err
	}
	found, errs, err := c.Relations.CheckFriends(ctx, c.Caller.Account, in.To, both)
	if err != nil {
		return checkReply{}, err
	}
	out := checkReply{Items: make([]checkItem, len(in.To))}
	for i, r := range outcome(in.To, errs, badParameter) {
		out.Items[i] = checkItem{r, "CheckResult_Type_" + v4.RelationWord(found[i], "NoRelation")}
	}
	return out, nil
}
