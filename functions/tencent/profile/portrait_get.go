package profile

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/op"
)

type portraitGetRequest struct {
	To   []string `json:"To_Account" need:"40002" bad:"40001"`
	Tags []string `json:"TagList" need:"40001"`
}

type portraitGetResponse struct {
	Items  []v4.ProfileResult `json:"UserProfileItem"`
	Failed []string           `json:"Fail_Account,omitempty"` // the users whose item failed
}

const badParameter = 40001

// portraitGet returns the requested fields of up to 100 users. A field that was never
// set is left out. The item of a user who is not an account has its own error.
func portraitGet(ctx context.Context, c *op.Call, in portraitGetRequest) (portraitGetResponse, error) {
	if len(in.To) > profiles.MaxUsers {
		return portraitGetResponse{}, v4.Refuse(badParameter, "a call has at most %d users", profiles.MaxUsers)
	}
	tags, err := v4.ParseProfileTags(in.Tags, func(word string) error { return c.Profiles.CheckReadable(word, true) })
	if err != nil {
		return portraitGetResponse{}, err
	}
	names, custom := v4.WantedFields(tags)
	list, err := c.Profiles.Get(ctx, in.To, names, custom)
	if err != nil {
		return portraitGetResponse{}, err
	}
	items, failed := service().Codes.FromProfiles(in.To, list, tags)
	return portraitGetResponse{items, failed}, nil
}
