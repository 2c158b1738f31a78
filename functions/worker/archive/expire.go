package archive

import (
	"context"

	"parley/shared/op"
)

// expire removes the files of hours that are over for longer than the plan of
// their application keeps them, with the parts that they were made of.
func expire(ctx context.Context, c *op.Call) error { return c.App.Archive().Expire(ctx) }
