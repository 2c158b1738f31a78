package account

import (
	"context"

	"parley/shared/op"
)

type accountCheckRequest struct {
	Items []userItem `json:"CheckItem" need:"70402"`
}

type accountCheckResponse struct {
	Results []checkResult `json:"ResultItem"`
}

type checkResult struct {
	UserID string `json:"UserID"`
	Code   int    `json:"ResultCode"`
	Info   string `json:"ResultInfo"`
	Status string `json:"AccountStatus"` // Imported or NotImported
}

// accountCheck tells which of up to 100 ids are imported. An id that is not imported
// is not an error.
func accountCheck(ctx context.Context, c *op.Call, in accountCheckRequest) (accountCheckResponse, error) {
	list, err := userIDs(in.Items)
	if err != nil {
		return accountCheckResponse{}, err
	}
	imported, err := c.Accounts.Imported(ctx, list)
	if err != nil {
		return accountCheckResponse{}, err
	}
	out := accountCheckResponse{Results: make([]checkResult, len(list))}
	for i, id := range list {
		out.Results[i] = checkResult{UserID: id, Status: "NotImported"}
		if imported[id] {
			out.Results[i].Status = "Imported"
		}
	}
	return out, nil
}
