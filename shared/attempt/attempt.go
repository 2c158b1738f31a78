// Package attempt limits the time of calls to AWS. A call has some attempts, and each
// attempt gets a share of the time that is left before the deadline of the invocation. So
// a call that hangs is tried again over another connection, and after the last attempt
// there is still time to answer (docs/adr/0027-time-budget.md). Example: with 6 s left, the
// attempts of a call that hangs end after 1.5, 1.1 and 0.8 s, and 2.5 s are left.
package attempt

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	divisor = 4                      // an attempt gets a fourth of the time that is left
	minTime = 500 * time.Millisecond // but not less than this
	maxTime = 2 * time.Second        // and not more than this
	// timeWithoutDeadline is for a context without a deadline, which no deployed function
	// has.
	timeWithoutDeadline = time.Minute

	maxAttempts = 3 // the first one included
	// The wait before the second attempt is at most baseWait, and before the third one at
	// most twice as long. If the service throttles, a wait is at most maxWait.
	baseWait = 25 * time.Millisecond
	maxWait  = 250 * time.Millisecond
)

// TimeFor returns how long an attempt that begins now may take.
func TimeFor(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return timeWithoutDeadline
	}
	return min(maxTime, max(minTime, time.Until(deadline)/divisor))
}

// Run runs one attempt, which gets the time that TimeFor says. The program calls Tries, which needs
// less memory; tests give the SDK the same times with Run.
func Run(ctx context.Context, attempt func(context.Context) error) error {
	d := TimeFor(ctx)
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := attempt(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		// Without this, the retryer would think that the caller has cancelled the call,
		// and would not try again.
		err = timeoutError{d, err.Error()}
	}
	return err
}

// timeoutError is the error of an attempt that got no answer in its time.
type timeoutError struct {
	after time.Duration
	text  string
}

// Error returns a text that says how long the attempt was.
func (e timeoutError) Error() string {
	return fmt.Sprintf("no answer within %s: %s", e.after, e.text)
}

// RetryableError makes the retryer try again.
func (e timeoutError) RetryableError() bool { return true }

// Timeout reports that the error is a timeout.
func (e timeoutError) Timeout() bool { return true }

// Is makes errors.Is find it equal to context.DeadlineExceeded, like the error of a call
// whose whole time is over.
func (e timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded
}

// Retryer returns the SDK's standard retryer, with waits for which a function has time.
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.BaseDelay, o.MaxBackoff = maxAttempts, baseWait, maxWait
	})
}
