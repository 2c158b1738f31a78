package follow

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/follows"
	"parley/shared/domain/profiles"
	"parley/shared/op"
)

type followGetRequest struct {
	From   string `json:"From_Account" id:"user" need:"30001"`
	Type   int    `json:"FollowType" need:"30001"`
	Cursor string `json:"StartCursor" bad:"30001"`
	Want   int    `json:"WantNum" bad:"30001"`
}

type followGetResponse struct {
	Items []follow `json:"FollowItem"`
	Next  string   `json:"NextCursor"`
}

type follow struct {
	To      string      `json:"To_Account"`
	Time    int64       `json:"FollowTime"`
	Profile []v4.Tagged `json:"ProfileItem"`
}

// shown are the fields of a profile that come with a follow.
func shown() []v4.ProfileTag {
	return []v4.ProfileTag{
		{Tag: v4.ProfileTagOf(profiles.Nick), Name: profiles.Nick}, {Tag: v4.ProfileTagOf(profiles.Face), Name: profiles.Face},
	}
}

// followGet returns a page of a user's followers (1), of whom the user follows
// (2), or of those who follow each other (3), in order of ids. NextCursor is the
// next call's StartCursor, empty at the end. ProfileItem has the nickname and the
// face, as far as they were set.
func followGet(ctx context.Context, c *op.Call, in followGetRequest) (followGetResponse, error) {
	kind, ok := map[int]follows.Kind{1: follows.Followers, 2: follows.Following, 3: follows.Mutual}[in.Type]
	if !ok {
		return followGetResponse{}, v4.Refuse(badParameter, "FollowType is 1 for followers, 2 for following, 3 for mutual")
	}
	if in.Want == 0 {
		in.Want = follows.DefaultPage
	}
	if in.Want < 1 || in.Want > follows.MaxPage {
		return followGetResponse{}, v4.Refuse(badParameter, "WantNum is 1 to %d", follows.MaxPage)
	}
	page, err := c.Follows.List(ctx, in.From, kind, in.Cursor, in.Want)
	if err != nil {
		return followGetResponse{}, err
	}
	out := followGetResponse{Items: make([]follow, len(page.Follows)), Next: page.Next}
	peers := make([]string, len(page.Follows))
	for i, f := range page.Follows {
		peers[i] = f.Peer
	}
	names, _ := v4.WantedFields(shown())
	list, err := c.Profiles.Get(ctx, peers, names, false)
	if err != nil {
		return followGetResponse{}, err
	}
	for i, f := range page.Follows {
		out.Items[i] = follow{To: f.Peer, Time: f.Time, Profile: []v4.Tagged{}}
		if list[i] != nil {
			out.Items[i].Profile = v4.FromProfile(*list[i], shown())
		}
	}
	return out, nil
}
