package follow

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type followDeleteRequest struct {
	From string   `json:"From_Account" id:"user" need:"30001"`
	To   []string `json:"To_Account" need:"30001"`
}

type followDeleteResponse struct {
	Results []v4.Result `json:"ResultItem"`
}

// followDelete makes a user stop following up to 20 others. A user who is not followed
// is not an error.
func followDelete(ctx context.Context, c *op.Call, in followDeleteRequest) (followDeleteResponse, error) {
	errs, err := c.Follows.Unfollow(ctx, in.From, in.To)
	if err != nil {
		return followDeleteResponse{}, err
	}
	return followDeleteResponse{Results: itemResults(in.To, errs)}, nil
}
