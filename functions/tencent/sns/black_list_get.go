package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type blackListGetRequest struct {
	owned
	Start int   `json:"StartIndex" bad:"30001"` // 0, then StartIndex of the answer
	Max   *int  `json:"MaxLimited" need:"30001"`
	Last  int64 `json:"LastSequence" bad:"30001"` // not looked at
}

type blackListGetResponse struct {
	Items []blackItem `json:"BlackListItem"`
	Start int         `json:"StartIndex"` // of the next page, 0 after the last
	// Currunt is the reference's own spelling; some clients read Current.
	Currunt int64 `json:"CurruentSequence"`
	Current int64 `json:"CurrentSequence"`
}

type blackItem struct {
	To   string `json:"To_Account"`
	Time int64  `json:"AddBlackTimeStamp"` // Unix seconds
}

// blackListGet lists whom a user blocks, in order of their ids.
func blackListGet(ctx context.Context, c *op.Call, in blackListGetRequest) (blackListGetResponse, error) {
	if in.Start < 0 || *in.Max < 1 || *in.Max > maxItems {
		return blackListGetResponse{}, v4.Refuse(badParameter, "StartIndex is 0 or more, MaxLimited 1 to %d", maxItems)
	}
	if err := known(ctx, c, in.From); err != nil {
		return blackListGetResponse{}, err
	}
	start := min(in.Start, c.Relations.Limits.Blocked)
	p, err := c.Relations.Blocks(ctx, in.From, "", start+*in.Max)
	if err != nil {
		return blackListGetResponse{}, err
	}
	out := blackListGetResponse{Items: []blackItem{}, Currunt: p.Book.BlockVersion, Current: p.Book.BlockVersion}
	for _, b := range p.Blocks[min(start, len(p.Blocks)):] {
		out.Items = append(out.Items, blackItem{b.Peer, b.Time})
	}
	if p.Next != "" {
		out.Start = start + len(out.Items)
	}
	return out, nil
}
