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
	Type   int    `json:"FollowType" need:"30001"` // 1 followers, 2 followed users, 3 mutual follows
	Cursor string `json:"StartCursor" bad:"30001"` // empty, then NextCursor of the answer before
	Want   int    `json:"WantNum" bad:"30001"`     // 1 to 1000; 100 if it is missing
}

type followGetResponse struct {
	Items []follow `json:"FollowItem"`
	Next  string   `json:"NextCursor"` // empty at the end
}

type follow struct {
	To      string           `json:"To_Account"`
	Time    int64            `json:"FollowTime"` // Unix seconds
	Profile []v4.TaggedValue `json:"ProfileItem"`
}

// profileTags are the fields of a profile that the answer has.
func profileTags() []v4.ProfileTag {
	return []v4.ProfileTag{
		{Tag: v4.ProfileTagOf(profiles.Nick), Name: profiles.Nick}, {Tag: v4.ProfileTagOf(profiles.Face), Name: profiles.Face},
	}
}

// followGet returns a page of a user's followers, of the users whom the user follows,
// or of those of them who follow back, in the order of their ids. ProfileItem has the
// nickname and the face, if they are set.
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
	names, _ := v4.WantedFields(profileTags())
	list, err := c.Profiles.Get(ctx, peers, names, false)
	if err != nil {
		return followGetResponse{}, err
	}
	for i, f := range page.Follows {
		out.Items[i] = follow{To: f.Peer, Time: f.Time, Profile: []v4.TaggedValue{}}
		if list[i] != nil {
			out.Items[i].Profile = v4.FromProfile(*list[i], profileTags())
		}
	}
	return out, nil
}
