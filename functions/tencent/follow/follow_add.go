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

// followAdd makes a user follow up to 20 others. A user who is followed already is not
// an error. Each item has its own result: 32100 if the user follows as many others as
// the limit allows, 30001 for the user itself.
func followAdd(ctx context.Context, c *op.Call, in followAddRequest) (followAddResponse, error) {
	peers := make([]string, len(in.Items))
	for i, item := range in.Items {
		peers[i] = item.To
	}
	errs, err := c.Follows.Follow(ctx, in.From, peers)
	if err != nil {
		return followAddResponse{}, err
	}
	return followAddResponse{Results: itemResults(peers, errs)}, nil
}
