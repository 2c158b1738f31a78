package profile

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type portraitSetRequest struct {
	From  string         `json:"From_Account" id:"user" need:"40001"`
	Items []v4.RawTagged `json:"ProfileItem" need:"40001"`
}

type portraitSetResponse struct{}

// portraitSet sets fields of one user, all of them or none. Fields that the request does
// not name stay as they are. The devices of the user are notified, and those of the
// users who have the user as a friend.
func portraitSet(ctx context.Context, c *op.Call, in portraitSetRequest) (portraitSetResponse, error) {
	change, err := v4.ToProfile(in.Items)
	if err != nil {
		return portraitSetResponse{}, err
	}
	return portraitSetResponse{}, c.Profiles.Set(ctx, in.From, change, true, delivery.Origin{})
}
