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
	Items []v4.ProfileResult `json:"UserProfileItem"`
}

const badParameter = 40001

// get returns the requested profile fields of up to 100 users, in the order of the
// request. Fields that were never set are left out. A user who is not an account has
// the ResultCode 40003.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	if len(in.To) > profiles.MaxUsers {
		return getReply{}, v4.Refuse(badParameter, "a call has at most %d users", profiles.MaxUsers)
	}
	tags, err := v4.ParseProfileTags(in.Tags, func(word string) error { return c.Profiles.CheckReadable(word, false) })
	if err != nil {
		return getReply{}, err
	}
	names, custom := v4.WantedFields(tags)
	list, err := c.Profiles.Get(ctx, in.To, names, custom)
	if err != nil {
		return getReply{}, err
	}
	items, _ := v4.Profile().FromProfiles(in.To, list, tags)
	return getReply{items}, nil
}
