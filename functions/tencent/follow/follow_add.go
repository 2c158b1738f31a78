package follow

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type followAddRequest struct {
	From  string       `json:"From_Account" id:"user" need:"30001"`
	Items []followItem `json:"FollowItem" need:"30001"`
}

type followItem struct {
	To string `json:"To_Account" bad:"30001"`
}

type followAddResponse struct {
	Results []v4.Result `json:"ResultItem"`
}

// followAdd makes a user follow up to 20 others; whom the user follows already
// is no error. Each has an outcome of its own: 32100 where the user follows as
// many as there can be, 30001 for the user itself.
func followAdd(ctx context.Context, c *op.Call, in followAddRequest) (followAddResponse, error) {
	peers := make([]string, len(in.Items))
	for i, item := range in.Items {
		peers[i] = item.To
	}
	errs, err := c.Follows.Follow(ctx, in.From, peers)
	if err != nil {
		return followAddResponse{}, err
	}
	return followAddResponse{Results: results(peers, errs)}, nil
}
