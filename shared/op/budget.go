package op

import (
	"context"
	"fmt"
	"time"
)

// The end of an invocation belongs to the chain (docs/adr/0027-time-budget.md).
const (
	// reserve is how long before the function's end the context of an operation is
	// done: what waits for AWS then fails, and the failure is answered and logged.
	reserve = 250 * time.Millisecond
	// lastWord is how long before the function's end the chain answers though the
	// operation, which takes no notice of its context, has not returned.
	lastWord = 100 * time.Millisecond
)

// A verdict is what an operation returns.
type verdict struct {
	call *Call
	out  any
	err  error
}

// bounded runs the part of a call that can take time, and returns while there is
// time to answer. An operation that has not returned by then goes on with a call
// of its own, whose context is done; nobody waits for it.
func (s *Server) bounded(ctx context.Context, c *Call) (*Call, any, error) {
	end, ok := ctx.Deadline()
	if !ok { // only a test has all the time there is
		out, err := s.run(ctx, c)
		return c, out, err
	}
	inner, cancel := context.WithDeadline(ctx, end.Add(-reserve))
	defer cancel()
	last := time.NewTimer(time.Until(end) - lastWord)
	defer last.Stop()
	c.notes()
	work := *c
	done := make(chan verdict, 1)
	go func() {
		out, err := s.run(inner, &work)
		done <- verdict{&work, out, err}
	}()
	select {
	case v := <-done:
		return v.call, v.out, v.err
	case <-last.C:
		return c, nil, fmt.Errorf("the operation does not return: %w", context.DeadlineExceeded)
	}
}
