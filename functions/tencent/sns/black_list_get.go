package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type blackListGetRequest struct {
	owner
	Start int   `json:"StartIndex" bad:"30001"`   // 0, then StartIndex of the answer before
	Max   *int  `json:"MaxLimited" need:"30001"`  // the size of a page, 1 to 1000
	Last  int64 `json:"LastSequence" bad:"30001"` // has no effect
}

type blackListGetResponse struct {
	Items []blackItem `json:"BlackListItem"`
	Start int         `json:"StartIndex"` // the start of the next page, 0 at the end

	Curruent int64 `json:"CurruentSequence"` // the version of the blocklist, in the vendor's spelling
	Current  int64 `json:"CurrentSequence"`  // the same, for clients that read this name
}

type blackItem struct {
	To   string `json:"To_Account"`
	Time int64  `json:"AddBlackTimeStamp"` // Unix seconds
}

// blackListGet returns a page of the users whom a user blocks, in the order of their ids.
func blackListGet(ctx context.Context, c *op.Call, in blackListGetRequest) (blackListGetResponse, error) {
	if in.Start < 0 || *in.Max < 1 || *in.Max > maxItems {
		return blackListGetResponse{}, v4.Refuse(badParameter, "StartIndex is 0 or more, MaxLimited 1 to %d", maxItems)
	}
	if err := c.Relations.RequireAccount(ctx, in.From); err != nil {
		return blackListGetResponse{}, err
	}
	start := min(in.Start, c.Relations.Limits().Blocked)
	page, err := c.Relations.ListBlocks(ctx, in.From, "", start+*in.Max)
	if err != nil {
		return blackListGetResponse{}, err
	}
	out := blackListGetResponse{Items: []blackItem{}, Curruent: page.Counters.BlockVersion, Current: page.Counters.BlockVersion}
	for _, b := range page.Blocks[min(start, len(page.Blocks)):] {
		out.Items = append(out.Items, blackItem{b.Peer, b.Time})
	}
	if page.Next != "" {
		out.Start = start + len(out.Items)
	}
	return out, nil
}
