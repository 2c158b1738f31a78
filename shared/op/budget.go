package op

import (
	"context"
	"fmt"
	"time"
)

// The last part of an invocation's time belongs to the chain
// (docs/adr/0027-time-budget.md). Example: in a function of 6 s, the context of the
// operation is done after 5.75 s. If the operation has not returned after 5.9 s, the
// chain answers with a fault.
const (
	// chainReserve is how long before the function's deadline the context of the operation
	// is done. Calls to AWS that still wait then fail, and the chain answers and logs the
	// failure.
	chainReserve = 250 * time.Millisecond
	// answerReserve is how long before the function's deadline the chain answers for an
	// operation that ignores its context and has not returned.
	answerReserve = 100 * time.Millisecond
)

// A result is what an operation returns.
type result struct {
	call *Call
	out  any
	err  error
}

// runBounded runs the part of a call that can take time, and returns early enough to
// answer. If the operation has not returned by then, runBounded fails and does not wait
// for it. The operation goes on with a copy of the call, so that it changes nothing that
// the chain reads.
func (s *Server) runBounded(ctx context.Context, c *Call) (*Call, any, error) {
	deadline, ok := ctx.Deadline()
	if !ok { // in a test only: Lambda always sets a deadline
		out, err := s.run(ctx, c)
		return c, out, err
	}
	runCtx, cancel := context.WithDeadline(ctx, deadline.Add(-chainReserve))
	defer cancel()
	timer := time.NewTimer(time.Until(deadline) - answerReserve)
	defer timer.Stop()
	c.log() // before the copy, so that both log to the same line
	running := *c
	done := make(chan result, 1)
	go func() {
		out, err := s.run(runCtx, &running)
		done <- result{&running, out, err}
	}()
	select {
	case r := <-done:
		return r.call, r.out, r.err
	case <-timer.C:
		return c, nil, fmt.Errorf("the operation does not return: %w", context.DeadlineExceeded)
	}
}
