package testkit

import (
	"context"
	"errors"
	"slices"
	"testing"

	"parley/shared/fault"
	"parley/shared/op"
)

// checkingFaults returns an operation that fails the test if it returns a fault that it
// does not declare (op.Fails), and that not every operation can return.
func checkingFaults(t *testing.T, o *op.Operation) *op.Operation {
	checked := *o
	checked.Run = func(ctx context.Context, c *op.Call) (any, error) {
		out, err := o.Run(ctx, c)
		var refusal interface{ Refusal() bool } // of the dialect, with a number of its own
		if err == nil || errors.As(err, &refusal) {
			return out, err
		}
		if code := fault.Of(err).Code; !slices.Contains(o.Declared().Faults, code) && !slices.Contains(op.CommonFaults(), code) {
			t.Errorf("%s returned %v and does not declare %s", o.Name, err, code)
		}
		return out, err
	}
	return &checked
}
