package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/op"
)

type getReply struct {
	Items []getItem `json:"InfoItem"`
}

// getItem is the caller's friend entry for one user.
type getItem struct {
	v4.Result
	Values []v4.TaggedValue `json:"SnsProfileItem,omitempty"` // absent if the user is not a friend
}

// get returns the caller's friend entries for up to 100 users. A user who is not a
// friend has an error result. Fields that are not set are left out.
func get(ctx context.Context, c *op.Call, in someUsers) (getReply, error) {
	if err := size(len(in.To), maxNamed); err != nil {
		return getReply{}, err
	}
	found, err := c.Relations.GetFriends(ctx, c.Caller.Account, in.To)
	if err != nil {
		return getReply{}, err
	}
	errs := make([]error, len(in.To))
	var friends []relations.Friend
	for i, f := range found {
		if f == nil {
			errs[i] = fault.New(fault.NotFriend, "%.40s is not a friend", in.To[i])
		} else {
			friends = append(friends, *f)
		}
	}
	list, err := entries(c, friends)
	if err != nil {
		return getReply{}, err
	}
	if len(list) < len(friends) {
		return getReply{}, v4.Refuse(badParameter, "the entries are over %d bytes, name fewer users", maxBytes)
	}
	out := getReply{Items: make([]getItem, len(in.To))}
	for i, r := range outcome(in.To, errs, badParameter) {
		out.Items[i].Result = r
		if errs[i] == nil {
			out.Items[i].Values, list = list[0].Values, list[1:]
		}
	}
	return out, nil
}
