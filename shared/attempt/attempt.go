// Package attempt bounds what a call to AWS may take. All time comes from the
// deadline of the invocation: an attempt gets a share of what is left, so that a
// call which hangs is tried again on another connection, and after the last
// attempt there is still time to answer (docs/adr/0027-time-budget.md).
package attempt

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

const (
	share    = 4                      // an attempt gets this part of the time that is left
	shortest = 500 * time.Millisecond // but not less
	longest  = 2 * time.Second        // and not more
	// unbounded is for a context without a deadline, which no function has.
	unbounded = time.Minute

	tries = 3 // the first attempt included
	// Before the second and the third attempt, wait at most as long as this and
	// twice as long; when the service throttles, at most as long as most.
	wait = 25 * time.Millisecond
	most = 250 * time.Millisecond
)

// Time is how long an attempt may take that begins now.
func Time(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return unbounded
	}
	return min(longest, max(shortest, time.Until(end)/share))
}

// Bounded gives each attempt of a client its Time. It is not for a client that
// hands out bodies as they come: they are to be read within the attempt.
func Bounded(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ParleyAttempt",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			d := Time(ctx)
			bounded, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			out, meta, err := next.HandleFinalize(bounded, in)
			if err != nil && bounded.Err() != nil && ctx.Err() == nil {
				// The SDK takes it for a caller who has gone, and does not try again.
				err = slow{d, err.Error()}
			}
			return out, meta, err
		}), "Retry", middleware.After)
}

// slow is an attempt that had no answer in its time.
type slow struct {
	after time.Duration
	text  string
}

// Error says how long the attempt was.
func (s slow) Error() string { return fmt.Sprintf("no answer within %s: %s", s.after, s.text) }

// RetryableError has the SDK try again.
func (s slow) RetryableError() bool { return true }

// Timeout tells what kind of error it is.
func (s slow) Timeout() bool { return true }

// Is makes it a deadline that has passed, as that of the whole call is.
func (s slow) Is(target error) bool { return target == context.DeadlineExceeded } //nolint:errorlint // errors.Is unwraps

// Retryer is the SDK's standard one, with waits that a function has time for.
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.BaseDelay, o.MaxBackoff = tries, wait, most
	})
}
