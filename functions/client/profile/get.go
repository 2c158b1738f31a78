package profile

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/op"
)

type getRequest struct {
	To   []string `json:"To_Account" need:"40002" bad:"40001"`
	Tags []string `json:"TagList" need:"40001"`
}

type getReply struct {
	Items []profileItem `json:"UserProfileItem"`
}

type profileItem struct {
	To     string       `json:"To_Account"`
	Fields *[]v4.Tagged `json:"ProfileItem,omitempty"`
	Code   int          `json:"ResultCode"`
}

const (
	badParameter = 40001
	noAccount    = 40003
)

// get returns chosen fields of up to a hundred users. Fields that were never set
// are left out; who is no account has a code of its own.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	if len(in.To) > profiles.MaxUsers {
		return getReply{}, v4.Refuse(badParameter, "a call has at most %d users", profiles.MaxUsers)
	}
	tags := make([]v4.ProfileTag, len(in.Tags))
	for i, tag := range in.Tags {
		t, err := v4.ParseProfileTag(tag)
		if err == nil && t.Word != "" {
			err = c.Profiles.Hidden(t.Word, false)
		}
		if err != nil {
			return getReply{}, err
		}
		tags[i] = t
	}
	names, custom := v4.WantedFields(tags)
	list, err := c.Profiles.Get(ctx, in.To, names, custom)
	if err != nil {
		return getReply{}, err
	}
	out := getReply{Items: make([]profileItem, len(in.To))}
	for i, p := range list {
		out.Items[i] = profileItem{To: in.To[i]}
		if p == nil {
			out.Items[i].Code = noAccount
			continue
		}
		fields := v4.FromProfile(*p, tags)
		out.Items[i].Fields = &fields
	}
	return out, nil
}
