package app

import (
	"context"

	"parley/shared/fault"
	"parley/shared/op"
)

type listRequest struct {
	After int64 `json:"After"` // the last SdkAppId of the page before; 0: from the first application
	Limit *int  `json:"Limit"` // 1 to 100; absent: 100
}

type listReply struct {
	Apps     []appSummary `json:"Apps"`
	Complete bool         `json:"Complete"` // no applications follow
}

type appSummary struct {
	ID      int64  `json:"SdkAppId"`
	Name    string `json:"Name"`
	Created int64  `json:"Created"` // Unix seconds
}

// maxPage is the maximum number of applications in one answer.
const maxPage = 100

// list lists applications in ascending order of their ids, beginning after the id
// After.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	limit := maxPage
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxPage {
			return listReply{}, fault.New(fault.Invalid, "Limit is 1 to %d", maxPage)
		}
	}
	if in.After < 0 {
		return listReply{}, fault.New(fault.Invalid, "After is an SdkAppId")
	}
	found, err := c.App.Apps.List(ctx, in.After, limit+1)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Apps: []appSummary{}, Complete: len(found) <= limit}
	for _, a := range found[:min(limit, len(found))] {
		out.Apps = append(out.Apps, appSummary{ID: a.ID, Name: a.Settings.Name, Created: a.Created})
	}
	return out, nil
}
