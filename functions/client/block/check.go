package block

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type checkReply struct {
	Items []checkItem `json:"BlackListCheckItem"`
}

// checkItem is whether the caller blocks one user.
type checkItem struct {
	v4.Result
	Relation string `json:"Relation"` // BlackCheckResult_Type_AWithB if the caller blocks the user, else BlackCheckResult_Type_NO
}

// check says which of up to 500 users the caller blocks. It does not say whether they
// block the caller.
func check(ctx context.Context, c *op.Call, in someUsers) (checkReply, error) {
	if err := in.check(); err != nil {
		return checkReply{}, err
	}
	found, errs, err := c.Relations.CheckBlocks(ctx, c.Caller.Account, in.To, false)
	if err != nil {
		return checkReply{}, err
	}
	out := checkReply{Items: make([]checkItem, len(in.To))}
	for i, r := range outcome(in.To, errs) {
		out.Items[i] = checkItem{r, "BlackCheckResult_Type_" + v4.RelationWord(found[i], "NO")}
	}
	return out, nil
}
