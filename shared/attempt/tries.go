package attempt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"parley/shared/clock"
)

// Tries makes a call that does not use a client of the SDK: it tries as often as the retryer
// says, and waits between tries. Each try must end at its deadline, which is what TimeFor says, or
// that of the context if it is earlier. The errors are those of the SDK.
func Tries(ctx context.Context, r aws.RetryerV2, c clock.Clock, try func(ctx context.Context, deadline time.Time) error) error {
	return UnboundedTries(ctx, r, c, func(ctx context.Context) error {
		d := TimeFor(ctx)
		deadline := time.Now().Add(d)
		if of, ok := ctx.Deadline(); ok && of.Before(deadline) {
			return try(ctx, of)
		}
		err := try(ctx, deadline)
		if err != nil && ctx.Err() == nil && !time.Now().Before(deadline) {
			err = timeoutError{d, err.Error()} // as Run does
		}
		return err
	})
}

// UnboundedTries is Tries without a bound for each try. It is for a call whose request or answer
// may be large.
func UnboundedTries(ctx context.Context, r aws.RetryerV2, c clock.Clock, try func(context.Context) error) error {
	release := func(error) error { return nil }
	for tries := 1; ; tries++ {
		err := one(ctx, r, try)
		_ = release(err)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !r.IsErrorRetryable(err) {
			return err
		}
		if tries >= r.MaxAttempts() {
			return &retry.MaxAttemptsError{Attempt: tries, Err: err}
		}
		var tokenErr error
		if release, tokenErr = r.GetRetryToken(ctx, err); tokenErr != nil {
			return errors.Join(err, tokenErr)
		}
		wait, delayErr := r.RetryDelay(tries, err)
		if delayErr != nil {
			return delayErr
		}
		if c.Wait(ctx, wait); ctx.Err() != nil {
			return &aws.RequestCanceledError{Err: ctx.Err()}
		}
	}
}

// one makes one try.
func one(ctx context.Context, r aws.RetryerV2, try func(context.Context) error) error {
	release, err := r.GetAttemptToken(ctx)
	if err != nil {
		return fmt.Errorf("failed to get retry Send token, %w", err)
	}
	err = try(ctx)
	_ = release(err)
	return err
}

// SendError returns the error of a request that got no answer, as the SDK has it. ctx is the
// context of the request.
func SendError(ctx context.Context, err error) error {
	over := ctx.Err()
	// A connection that has the deadline of the context may end a moment before the context does.
	if deadline, ok := ctx.Deadline(); ok && over == nil && !time.Now().Before(deadline) {
		over = context.DeadlineExceeded
	}
	if over != nil {
		return &smithy.CanceledError{Err: over}
	}
	return &smithyhttp.RequestSendError{Err: err}
}
