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

// portraitSet sets fields of one user, all or nothing; what is not named stays.
// The user's devices and friends are told.
func portraitSet(ctx context.Context, c *op.Call, in portraitSetRequest) (portraitSetResponse, error) {
	change, err := v4.ToProfile(in.Items)
	if err != nil {
		return portraitSetResponse{}, err
	}
	return portraitSetResponse{}, c.Profiles.Set(ctx, in.From, change, true, delivery.Origin{})
}
