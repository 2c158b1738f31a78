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
	Items  []profileItem `json:"UserProfileItem"`
	Failed []string      `json:"Fail_Account,omitempty"`
}

type profileItem struct {
	To     string       `json:"To_Account"`
	Fields *[]v4.Tagged `json:"ProfileItem,omitempty"`
	Code   int          `json:"ResultCode"`
	Info   string       `json:"ResultInfo"`
}

const (
	badParameter = 40001
	noAccount    = 40003
)

// portraitGet returns chosen fields of up to a hundred users. Fields that were
// never set are left out; who is no account has an error of its own.
func portraitGet(ctx context.Context, c *op.Call, in portraitGetRequest) (portraitGetResponse, error) {
	if len(in.To) > profiles.MaxUsers {
		return portraitGetResponse{}, v4.Refuse(badParameter, "a call has at most %d users", profiles.MaxUsers)
	}
	tags, err := wanted(c, in.Tags)
	if err != nil {
		return portraitGetResponse{}, err
	}
	names, custom := v4.WantedFields(tags)
	list, err := c.Profiles.Get(ctx, in.To, names, custom)
	if err != nil {
		return portraitGetResponse{}, err
	}
	out := portraitGetResponse{Items: make([]profileItem, len(in.To))}
	for i, p := range list {
		out.Items[i] = profileItem{To: in.To[i]}
		if p == nil {
			out.Items[i].Code, out.Items[i].Info = noAccount, "there is no such account"
			out.Failed = append(out.Failed, in.To[i])
			continue
		}
		fields := v4.FromProfile(*p, tags)
		out.Items[i].Fields = &fields
	}
	return out, nil
}

// wanted reads tags and refuses those that are none.
func wanted(c *op.Call, list []string) ([]v4.ProfileTag, error) {
	tags := make([]v4.ProfileTag, len(list))
	for i, tag := range list {
		t, err := v4.ParseProfileTag(tag)
		if err == nil && t.Word != "" {
			err = c.Profiles.Hidden(t.Word, true)
		}
		if err != nil {
			return nil, err
		}
		tags[i] = t
	}
	return tags, nil
}
