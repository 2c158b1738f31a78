package archive

import (
	"context"

	"parley/shared/op"
)

// merge makes one file of each hour that is over for five minutes and has
// messages that its file may lack. Messages that come late, and messages imported
// with an old time, have their hour merged again. It may be cut off anywhere, and
// run twice at the same time.
func merge(ctx context.Context, c *op.Call) error { return c.App.Archive().Merge(ctx) }
