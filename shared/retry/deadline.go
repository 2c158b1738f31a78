package retry

import (
	"context"
	"time"
)

// Within returns a context for a part of a call that must not use up the time of the
// call. It ends after most, or earlier, so that leave is left before the deadline of
// ctx. But it always gets at least half of the time that ctx has, if that is less than
// most. Example: with most 2 s and leave 1.5 s, it gets 2 s of 6 s, 1.5 s of 3 s, and 1 s
// of 2 s.
func Within(ctx context.Context, most, leave time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		most = min(most, max(left-leave, left/2))
	}
	return context.WithTimeout(ctx, most)
}

// TimeLeftBelow reports whether less than d is left before the deadline of ctx.
func TimeLeftBelow(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < d
}
