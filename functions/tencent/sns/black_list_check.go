package sns

import (
	"context"

	"parley/shared/op"
)

type blackListCheckRequest struct {
	ownerAndUsers
	Type string `json:"CheckType" need:"30001"` // BlackCheckResult_Type_Single or BlackCheckResult_Type_Both
}

type blackListCheckResponse struct {
	Items  []checkItem `json:"BlackListCheckItem"`
	Failed []string    `json:"Fail_Account,omitempty"`
}

// blackListCheck tells for up to 1000 users whether the user blocks them and whether they
// block the user.
func blackListCheck(ctx context.Context, c *op.Call, in blackListCheckRequest) (blackListCheckResponse, error) {
	kind, err := oneOf("CheckType", in.Type, "BlackCheckResult_Type_Both", "BlackCheckResult_Type_Single")
	if err != nil {
		return blackListCheckResponse{}, err
	}
	if err := checkSize(len(in.To)); err != nil {
		return blackListCheckResponse{}, err
	}
	list, errs, err := c.Relations.CheckBlocks(ctx, in.From, in.To, kind == "BlackCheckResult_Type_Both")
	if err != nil {
		return blackListCheckResponse{}, err
	}
	items, failed := relationItems(in.To, list, errs, "BlackCheckResult_Type_", "NO")
	return blackListCheckResponse{items, failed}, nil
}
