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

type checkItem struct {
	v4.Result
	Relation string `json:"Relation"`
}

// check tells of up to five hundred users who has whom as a friend.
func check(ctx context.Context, c *op.Call, in checkRequest) (checkReply, error) {
	both, err := bothWays("CheckType", in.Type, "CheckResult_Type_", true)
	if err != nil {
		return checkReply{}, err
	}
	if err := size(len(in.To), maxUsers); err != nil {
		return checkReply{}, err
	}
	found, errs, err := c.Relations.Check(ctx, c.Caller.Account, in.To, both)
	if err != nil {
		return checkReply{}, err
	}
	out := checkReply{Items: make([]checkItem, len(in.To))}
	for i, r := range outcome(in.To, errs, badParameter) {
		out.Items[i] = checkItem{r, "CheckResult_Type_" + v4.RelationWord(found[i], "NoRelation")}
	}
	return out, nil
}
