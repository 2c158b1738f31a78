package retry

import (
	"context"
	"time"
)

// Within returns a context for a part of a call that must not cost the call: it
// ends after most, and earlier where less than leave would be left then before
// the deadline of ctx. It has half of the time there is at least.
func Within(ctx context.Context, most, leave time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		left := time.Until(end)
		most = min(most, max(left-leave, left/2))
	}
	return context.WithTimeout(ctx, most)
}

// Short reports whether less than a time is left before the deadline of ctx.
func Short(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return ok && time.Until(end) < d
}
