package app

import (
	"context"

	"parley/shared/op"
)

// get returns an application with its settings, its admins and its keys. The secrets of
// the keys are not shown.
func get(ctx context.Context, c *op.Call, in appRequest) (appView, error) {
	a, err := c.App.Apps.Get(ctx, in.ID)
	if err != nil {
		return appView{}, err
	}
	return view(a), nil
}
