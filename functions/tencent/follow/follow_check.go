package follow

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/follows"
	"parley/shared/op"
)

type followCheckRequest struct {
	From string   `json:"From_Account" id:"user" need:"30001"`
	To   []string `json:"To_Account" need:"30001"`
}

type followCheckResponse struct {
	Results []checkResult `json:"ResultItem"`
}

type checkResult struct {
	v4.Result
	Type int `json:"FollowType"` // 0 neither follows, 1 the other follows the user, 2 the user follows the other, 3 both
}

// followCheck tells for up to 100 others whether the user follows them and whether
// they follow the user.
func followCheck(ctx context.Context, c *op.Call, in followCheckRequest) (followCheckResponse, error) {
	relations, errs, err := c.Follows.Check(ctx, in.From, in.To)
	if err != nil {
		return followCheckResponse{}, err
	}
	out := followCheckResponse{Results: make([]checkResult, len(in.To))}
	for i, r := range itemResults(in.To, errs) {
		out.Results[i] = checkResult{Result: r, Type: followType(relations[i])}
	}
	return out, nil
}

// followType returns 1 if the peer follows the user, plus 2 if the user follows the
// peer.
func followType(r follows.Relation) int {
	n := 0
	if r.Followed {
		n++
	}
	if r.Follows {
		n += 2
	}
	return n
}
