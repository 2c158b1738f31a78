// Package parallel runs functions at the same time.
package parallel

import (
	"context"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/errgroup"
)

// A Runner runs functions and returns when all have ended. It returns the first error; the
// context of the others is canceled then. The deployed program uses Goroutines. A test may run
// them one after the other, in an order that it chooses.
type Runner interface {
	Run(ctx context.Context, functions ...func(context.Context) error) error
}

// Goroutines is the Runner that starts one goroutine for each function.
type Goroutines struct{}

// Run implements Runner. A panic of a function becomes an error: it would end the process,
// and the caller would get no answer.
func (Goroutines) Run(ctx context.Context, functions ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range functions {
		g.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			return f(ctx)
		})
	}
	return g.Wait()
}

// Sequence is the Runner that runs the functions one after the other, until one fails. Tests use
// it if the order must be the same each time.
type Sequence struct{}

// Run implements Runner.
func (Sequence) Run(ctx context.Context, functions ...func(context.Context) error) error {
	for _, f := range functions {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}
