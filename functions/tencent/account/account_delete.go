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

// accountDelete ends up to 100 accounts: their signatures are void and their
// connections closed when it answers, and a worker removes what is kept of them,
// usually within a second. Until then such an id cannot be imported again. What
// they wrote stays for the others. It cannot be undone. A repeat within two minutes
// succeeds, a later one answers 70107; both see to it that the removal goes on. An
// admin's account answers 70402 until app.remove-admin.
func accountDelete(ctx context.Context, c *op.Call, in accountDeleteRequest) (accountDeleteResponse, error) {
	list, err := ids(in.Items)
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
			out.Results[i].Code, out.Results[i].Info = unknownID, unknownText
		} else if err != nil {
			out.Results[i].Code, out.Results[i].Info = v4.Login().Of(err)
		}
	}
	return out, nil
}
