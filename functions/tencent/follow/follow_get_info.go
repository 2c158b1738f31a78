package follow

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type followGetInfoRequest struct {
	From string   `json:"From_Account" id:"user" need:"30001"`
	To   []string `json:"To_Account" need:"30001"`
}

type followGetInfoResponse struct {
	Infos []followInfo `json:"FollowInfo"`
}

type followInfo struct {
	v4.Result
	Followers int64 `json:"FollowerCount"`
	Following int64 `json:"FollowingCount"`
	Mutual    int64 `json:"MutualFollowingCount"`
}

// followGetInfo counts the followers, the followed users and the mutual follows of up
// to 20 users.
func followGetInfo(ctx context.Context, c *op.Call, in followGetInfoRequest) (followGetInfoResponse, error) {
	counts, errs, err := c.Follows.Counts(ctx, in.From, in.To)
	if err != nil {
		return followGetInfoResponse{}, err
	}
	out := followGetInfoResponse{Infos: make([]followInfo, len(in.To))}
	for i, r := range itemResults(in.To, errs) {
		n := counts[i]
		out.Infos[i] = followInfo{Result: r, Followers: n.Followers, Following: n.Following, Mutual: n.Mutual}
	}
	return out, nil
}
