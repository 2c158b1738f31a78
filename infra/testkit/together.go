package testkit

import (
	"errors"
	"sync"
	"testing"
)

// Together runs n calls at once and returns their errors.
func Together(n int, run func(i int) error) []error {
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { errs[i] = run(i) })
	}
	wait.Wait()
	return errs
}

// NoErrors fails the test if there is an error in the list.
func NoErrors(tb testing.TB, errs []error) {
	tb.Helper()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
}
