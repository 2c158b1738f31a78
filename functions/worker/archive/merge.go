package archive

import (
	"context"

	"parley/shared/op"
)

// merge makes one file for each hour that ended at least five minutes ago and has parts
// that its file may lack. If messages of the hour arrive later, or are imported with an
// old time, it makes the file again. It may be interrupted anywhere, and two merges may
// run at the same time.
func merge(ctx context.Context, c *op.Call) error { return c.App.Archive().Merge(ctx) }
