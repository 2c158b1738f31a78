package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type friendGetRequest struct {
	owned
	Start    int    `json:"StartIndex" bad:"30001"`       // 0, then NextStartIndex
	Standard *int64 `json:"StandardSequence" bad:"30001"` // the last one seen
	Custom   *int64 `json:"CustomSequence" bad:"30001"`   // the last one seen
}

type friendGetResponse struct {
	Items    []friendItem `json:"UserDataItem"`
	Standard int64        `json:"StandardSequence"`
	Custom   int64        `json:"CustomSequence"`
	Total    int          `json:"FriendNum"`
	Complete int          `json:"CompleteFlag"` // 1: the last page
	Next     int          `json:"NextStartIndex"`
}

type friendItem struct {
	To     string      `json:"To_Account"`
	Values []v4.Tagged `json:"ValueItem"`
}

// friendPage is how many friends one answer has. The vendor leaves it to the
// server; an index is found by reading up to it, so that few large pages cost
// less than many small ones.
const friendPage = 1000

// friendGet lists one user's friends, a thousand at a time. Fields of which the
// caller has the last sequence are left out. Standard and custom fields share
// one sequence here.
func friendGet(ctx context.Context, c *op.Call, in friendGetRequest) (friendGetResponse, error) {
	if in.Start < 0 {
		return friendGetResponse{}, v4.Refuse(badParameter, "StartIndex is 0 or more")
	}
	if err := known(ctx, c, in.From); err != nil {
		return friendGetResponse{}, err
	}
	// No table is longer than its limit, whatever index is asked for.
	start := min(in.Start, c.Relations.Limits.Friends)
	p, err := c.Relations.List(ctx, in.From, "", start+friendPage)
	if err != nil {
		return friendGetResponse{}, err
	}
	out := friendGetResponse{
		Items: []friendItem{}, Standard: p.Book.FriendVersion, Custom: p.Book.FriendVersion, Total: p.Book.Friends,
	}
	parts := v4.StandardFields | v4.CustomFields
	if in.Standard != nil && *in.Standard == out.Standard && out.Standard != 0 {
		parts &^= v4.StandardFields
	}
	if in.Custom != nil && *in.Custom == out.Custom && out.Custom != 0 {
		parts &^= v4.CustomFields
	}
	for _, f := range p.Friends[min(start, len(p.Friends)):] {
		out.Items = append(out.Items, friendItem{f.Peer, v4.FromFriend(f, parts)})
	}
	if p.Next == "" {
		out.Complete = 1
	} else {
		out.Next = start + len(out.Items)
	}
	return out, nil
}

// known fails with AccountUnknown for a user who is no account.
func known(ctx context.Context, c *op.Call, user string) error {
	alive, err := c.Accounts.Check(ctx, []string{user})
	if err == nil && !alive[user] {
		err = fault.New(fault.AccountUnknown, "%.40s is not an account", user)
	}
	return err
}
