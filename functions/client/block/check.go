package block

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type checkReply struct {
	Items []checkItem `json:"BlackListCheckItem"`
}

type checkItem struct {
	v4.Result
	Relation string `json:"Relation"`
}

// check tells which of up to five hundred users the caller blocks. Who blocks the
// caller is not told.
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
