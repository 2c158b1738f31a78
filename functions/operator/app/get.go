package app

import (
	"context"

	"parley/shared/op"
)

// get returns an application with its settings, admins and the ages of its keys.
func get(ctx context.Context, c *op.Call, in named) (appView, error) {
	a, err := c.App.Apps.Get(ctx, in.ID)
	if err != nil {
		return appView{}, err
	}
	return view(a), nil
}
