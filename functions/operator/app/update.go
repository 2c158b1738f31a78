package app

import (
	"context"

	"parley/shared/op"
)

type updateRequest struct {
	appRequest
	settings
}

// update changes settings of an application. A setting that is left out keeps its value.
// The new settings are in force everywhere after a minute at most. It refuses settings
// that allow fewer accounts than the application has.
func update(ctx context.Context, c *op.Call, in updateRequest) (appView, error) {
	a, err := c.App.Apps.Get(ctx, in.ID)
	if err != nil {
		return appView{}, err
	}
	set, err := in.apply(a.Settings, c.Request.Body)
	if err != nil {
		return appView{}, err
	}
	if a, err = c.App.Apps.Update(ctx, in.ID, set); err != nil {
		return appView{}, err
	}
	return view(a), nil
}
