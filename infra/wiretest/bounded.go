package wiretest

import (
	"context"

	"github.com/aws/smithy-go/middleware"

	"parley/shared/attempt"
)

// Bounded gives each attempt of a client of the SDK the time that package attempt gives to those
// of the program's own clients.
func Bounded(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ParleyAttempt",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
			err = attempt.Run(ctx, func(ctx context.Context) error {
				out, meta, err = next.HandleFinalize(ctx, in)
				return err
			})
			return out, meta, err
		}), "Retry", middleware.After)
}
