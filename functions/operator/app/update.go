package app

import (
	"context"

	"parley/shared/op"
)

type updateRequest struct {
	named
	settings
}

// update changes settings of an application; what is left out stays. It is in
// force everywhere within a minute.
func update(ctx context.Context, c *op.Call, in updateRequest) (appView, error) {
	a, err := c.App.Apps.Get(ctx, in.ID)
	if err != nil {
		return appView{}, err
	}
	if a, err = c.App.Apps.Update(ctx, in.ID, in.apply(a.Settings)); err != nil {
		return appView{}, err
	}
	return view(a), nil
}
