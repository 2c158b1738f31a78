package app

import (
	"context"

	"parley/shared/fault"
	"parley/shared/op"
)

type listRequest struct {
	After int64 `json:"After"`
	Limit *int  `json:"Limit"`
}

type listReply struct {
	Apps     []line `json:"Apps"`
	Complete bool   `json:"Complete"`
}

type line struct {
	ID      int64  `json:"SdkAppId"`
	Name    string `json:"Name"`
	Created int64  `json:"Created"` // Unix seconds
}

const maxPage = 100

// list returns applications in order of their ids, those above After, at most
// Limit (1 to 100, default 100).
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
	out := listReply{Apps: []line{}, Complete: len(found) <= limit}
	for _, a := range found[:min(limit, len(found))] {
		out.Apps = append(out.Apps, line{ID: a.ID, Name: a.Settings.Name, Created: a.Created})
	}
	return out, nil
}
