package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type accountDeleteRequest struct {
	Items []userItem `json:"DeleteItem" need:"70402"`
}

type accountDeleteResponse struct {
	Results []deleteResult `json:"ResultItem"`
}

type deleteResult struct {
	Code   int    `json:"ResultCode"`
	Info   string `json:"ResultInfo"`
	UserID string `json:"UserID"`
}

// accountDelete deletes up to 100 accounts. When the call answers, their signatures
// are void and their connections are closed. A worker then removes their data,
// usually within a second; until then their ids cannot be imported again. The
// messages that they sent stay in the history of the others. A deletion cannot be
// undone. A repeat within two minutes succeeds, and a later one answers 70107; both
// start the removal again if it is not complete. The account of an admin answers
// 70402 until app.remove-admin.
func accountDelete(ctx context.Context, c *op.Call, in accountDeleteRequest) (accountDeleteResponse, error) {
	list, err := userIDs(in.Items)
	if err != nil {
		return accountDeleteResponse{}, err
	}
	errs, err := c.Accounts.Delete(ctx, list)
	if err != nil {
		return accountDeleteResponse{}, err
	}
	out := accountDeleteResponse{Results: make([]deleteResult, len(list))}
	for i, id := range list {
		out.Results[i] = deleteResult{UserID: id}
		if err := errs[id]; fault.Is(err, fault.AccountUnknown) {
			out.Results[i].Code, out.Results[i].Info = accountUnknown, accountUnknownText
		} else if err != nil {
			out.Results[i].Code, out.Results[i].Info = v4.Login().Of(err)
		}
	}
	return out, nil
}
