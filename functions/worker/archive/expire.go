package archive

import (
	"context"

	"parley/shared/op"
)

// expire deletes the files that are older than their application stores them (7 days by
// default), and the parts that they were made of.
func expire(ctx context.Context, c *op.Call) error { return c.App.Archive().Expire(ctx) }
