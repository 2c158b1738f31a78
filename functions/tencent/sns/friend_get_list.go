package sns

import (
	"context"
	"slices"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/op"
)

type friendGetListRequest struct {
	ownerAndUsers
	Tags []string `json:"TagList" need:"30001"` // Tag_Profile_* and Tag_SNS_*
}

type friendGetListResponse struct {
	Items  []profileItem `json:"InfoItem"`
	Failed []string      `json:"Fail_Account,omitempty"` // the users whose item failed
}

type profileItem struct {
	v4.Result
	Values []v4.TaggedValue `json:"SnsProfileItem,omitempty"`
}

// maxNamed is how many friends a call names at most (docs/spec/tencent §8.8).
const maxNamed = 100

// friendGetList returns the requested fields of up to 100 named friends. The item of a
// user who is not a friend has its own error, and a field that is not set is left out.
func friendGetList(ctx context.Context, c *op.Call, in friendGetListRequest) (friendGetListResponse, error) {
	if len(in.To) > maxNamed {
		return friendGetListResponse{}, v4.Refuse(badParameter, "a call has at most %d users", maxNamed)
	}
	var tags []v4.ProfileTag
	for _, tag := range in.Tags {
		if strings.HasPrefix(tag, "Tag_SNS_") {
			continue
		}
		t, err := v4.ParseProfileTag(tag)
		if err != nil {
			return friendGetListResponse{}, err
		}
		tags = append(tags, t)
	}
	if err := c.Relations.RequireAccount(ctx, in.From); err != nil {
		return friendGetListResponse{}, err
	}
	friends, err := c.Relations.GetFriends(ctx, in.From, in.To)
	if err != nil {
		return friendGetListResponse{}, err
	}
	list := make([]*profiles.Profile, len(in.To))
	if names, custom := v4.WantedFields(tags); len(tags) > 0 {
		if list, err = c.Profiles.Get(ctx, in.To, names, custom); err != nil {
			return friendGetListResponse{}, err
		}
	}
	out := friendGetListResponse{Items: make([]profileItem, len(in.To))}
	for i, f := range friends {
		item := profileItem{Result: v4.Result{To: in.To[i]}}
		if f == nil {
			item.Code, item.Info = badParameter, "Err_SNS_FriendGetList_Friend_Not_Exist"
			out.Failed = append(out.Failed, in.To[i])
		} else {
			if list[i] != nil {
				item.Values = v4.FromProfile(*list[i], tags)
			}
			for _, v := range v4.FromFriend(*f, v4.StandardFields|v4.CustomFields) {
				if slices.Contains(in.Tags, v.Tag) {
					item.Values = append(item.Values, v)
				}
			}
		}
		out.Items[i] = item
	}
	return out, nil
}
