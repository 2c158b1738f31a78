package account

import (
	"context"

	"golang.org/x/sync/errgroup"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/op"
)

type multiaccountImportRequest struct {
	Accounts []string     `json:"Accounts" bad:"70402"`    // the form until 2024: ids only
	List     []importItem `json:"AccountList" bad:"70402"` // required, if there are no Accounts
}

type importItem struct {
	UserID  string `json:"UserID" bad:"70402"`
	Nick    string `json:"Nick" bad:"70402"`
	FaceURL string `json:"FaceUrl" bad:"70402"`
}

type multiaccountImportResponse struct {
	Failed []string `json:"FailAccounts,omitempty"` // the ids that were not imported
}

// importConcurrency is how many accounts are written at the same time.
const importConcurrency = 16

// multiaccountImport registers up to 100 accounts. If some fail, the answer lists
// them, and the others are imported. An account that exists stays and is updated. If
// an id is named several times, its last entry counts.
func multiaccountImport(ctx context.Context, c *op.Call, in multiaccountImportRequest) (multiaccountImportResponse, error) {
	for _, id := range in.Accounts {
		in.List = append(in.List, importItem{UserID: id})
	}
	switch n := len(in.List); {
	case n == 0:
		return multiaccountImportResponse{}, v4.Refuse(badParameter, "AccountList is missing or empty")
	case n > accounts.MaxBatch:
		return multiaccountImportResponse{}, v4.Refuse(badBatchSize, "a batch has at most %d accounts", accounts.MaxBatch)
	}
	in.List = lastOfEach(in.List)
	failed := make([]bool, len(in.List))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(importConcurrency)
	for i, item := range in.List {
		g.Go(func() error {
			err := c.Accounts.Import(ctx, accounts.Import{ID: item.UserID, Nick: item.Nick, Face: item.FaceURL})
			switch code := fault.Of(err).Code; {
			case err == nil:
			case code.Ours() || code == fault.AccountQuota:
				return err
			default:
				failed[i] = true
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return multiaccountImportResponse{}, err
	}
	var out multiaccountImportResponse
	for i, item := range in.List {
		if failed[i] {
			out.Failed = append(out.Failed, item.UserID)
		}
	}
	return out, nil
}

// lastOfEach returns a batch that has every id once, with its last entry.
func lastOfEach(list []importItem) []importItem {
	indexes := make(map[string]int, len(list))
	out := make([]importItem, 0, len(list))
	for _, item := range list {
		if i, seen := indexes[item.UserID]; seen {
			out[i] = item
			continue
		}
		indexes[item.UserID] = len(out)
		out = append(out, item)
	}
	return out
}
