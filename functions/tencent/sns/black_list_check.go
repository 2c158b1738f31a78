package sns

import (
	"context"

	"parley/shared/op"
)

type blackListCheckRequest struct {
	some
	Type string `json:"CheckType" need:"30001"` // BlackCheckResult_Type_Single or BlackCheckResult_Type_Both
}

type blackListCheckResponse struct {
	Items  []checkItem `json:"BlackListCheckItem"`
	Failed []string    `json:"Fail_Account,omitempty"`
}

// blackListCheck tells of up to a thousand users who blocks whom.
func blackListCheck(ctx context.Context, c *op.Call, in blackListCheckRequest) (blackListCheckResponse, error) {
	kind, err := oneOf("CheckType", in.Type, "BlackCheckResult_Type_Both", "BlackCheckResult_Type_Single")
	if err != nil {
		return blackListCheckResponse{}, err
	}
	if err := size(len(in.To)); err != nil {
		return blackListCheckResponse{}, err
	}
	list, errs, err := c.Relations.CheckBlocks(ctx, in.From, in.To, kind == "BlackCheckResult_Type_Both")
	if err != nil {
		return blackListCheckResponse{}, err
	}
	items, failed := checked(in.To, list, errs, "BlackCheckResult_Type_", "NO")
	return blackListCheckResponse{items, failed}, nil
}
