package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type friendGetRequest struct {
	owner
	Start    int    `json:"StartIndex" bad:"30001"`       // 0, then NextStartIndex of the answer before
	Standard *int64 `json:"StandardSequence" bad:"30001"` // the value of the last answer, if there was one
	Custom   *int64 `json:"CustomSequence" bad:"30001"`   // the value of the last answer, if there was one
}

type friendGetResponse struct {
	Items    []friendItem `json:"UserDataItem"`
	Standard int64        `json:"StandardSequence"`
	Custom   int64        `json:"CustomSequence"`
	Total    int          `json:"FriendNum"`      // of all pages
	Complete int          `json:"CompleteFlag"`   // 1 on the last page
	Next     int          `json:"NextStartIndex"` // 0 on the last page
}

type friendItem struct {
	To     string           `json:"To_Account"`
	Values []v4.TaggedValue `json:"ValueItem"`
}

// friendPage is how many friends an answer has at most. The vendor leaves it to the
// server. To find the friend at an index, the call reads all friends before it, so few
// large pages cost less than many small ones.
const friendPage = 1000

// friendGet returns a page of one user's friends, at most 1000. If the caller names the
// current sequence, the fields of that kind are left out. Standard and custom fields
// share one sequence.
func friendGet(ctx context.Context, c *op.Call, in friendGetRequest) (friendGetResponse, error) {
	if in.Start < 0 {
		return friendGetResponse{}, v4.Refuse(badParameter, "StartIndex is 0 or more")
	}
	if err := c.Relations.RequireAccount(ctx, in.From); err != nil {
		return friendGetResponse{}, err
	}
	// No table is longer than its limit, whatever index the request names.
	start := min(in.Start, c.Relations.Limits().Friends)
	page, err := c.Relations.ListFriends(ctx, in.From, "", start+friendPage)
	if err != nil {
		return friendGetResponse{}, err
	}
	out := friendGetResponse{
		Items: []friendItem{}, Standard: page.Counters.FriendVersion, Custom: page.Counters.FriendVersion, Total: page.Counters.Friends,
	}
	parts := v4.StandardFields | v4.CustomFields
	if in.Standard != nil && *in.Standard == out.Standard && out.Standard != 0 {
		parts &^= v4.StandardFields
	}
	if in.Custom != nil && *in.Custom == out.Custom && out.Custom != 0 {
		parts &^= v4.CustomFields
	}
	for _, f := range page.Friends[min(start, len(page.Friends)):] {
		out.Items = append(out.Items, friendItem{f.Peer, v4.FromFriend(f, parts)})
	}
	if page.Next == "" {
		out.Complete = 1
	} else {
		out.Next = start + len(out.Items)
	}
	return out, nil
}
