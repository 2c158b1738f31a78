// Package retry tries something again that has failed and may succeed a moment later.
// The number of tries is limited. The waits between them grow, and have a random length,
// so that callers that conflict with each other do not try again at the same time. No
// wait goes beyond the deadline of the context.
package retry

import (
	"context"
	"time"

	"parley/shared/clock"
)

// A Policy says how often something is tried, and how long the waits are.
type Policy struct {
	Tries            int // the number of tries, the first one included
	ImmediateRetries int // how many of the first retries do not wait
	// First is the maximum length of the first wait. The maximum doubles with each wait,
	// up to Most. Example: First is 10 ms and Most is 50 ms, so the waits are at most 10,
	// 20, 40, 50, 50, ... ms long.
	First, Most time.Duration
	// Leave is how much of the time before the deadline of the context is for what comes after
	// the tries: no try begins later. Example: Leave is 2 s, so a call of 6 s tries for 4 s.
	Leave time.Duration
}

// Contended is the policy of a unit of work that starts again if another write came
// before its own. Example: two devices add a friend at the same time. Both have read
// version 5. One writes version 6, and the other reads again. The first retry is made at
// once.
func Contended() Policy {
	return Policy{Tries: 20, ImmediateRetries: 1, First: 2 * time.Millisecond, Most: 200 * time.Millisecond}
}

// maxWait returns the maximum length of the wait before a retry; 0 is the first retry.
func (p Policy) maxWait(retry int) time.Duration {
	retry -= p.ImmediateRetries
	if retry < 0 {
		return 0
	}
	d := p.First
	for range retry {
		if d >= p.Most {
			return p.Most
		}
		d *= 2
	}
	return min(d, p.Most)
}

// Do calls try until it returns true or an error, and waits on the clock between tries.
// try gets the number of the try, from 0 on. Do returns false and no error if all tries
// were made, or if the next wait would not end before the deadline of ctx, or before what
// p leaves of it. After ctx is done, Do makes no other try and fails with the error of ctx.
func Do(ctx context.Context, c clock.Clock, p Policy, try func(n int) (done bool, err error)) (bool, error) {
	for n := range p.Tries {
		if n > 0 {
			ok, err := waitAtMost(ctx, c, p.maxWait(n-1), p.Leave)
			if err != nil || !ok {
				return false, err
			}
		}
		if done, err := try(n); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// waitAtMost waits for a random part of d. It returns false if there is no time for
// another try that leaves so much time before the deadline of ctx.
func waitAtMost(ctx context.Context, c clock.Clock, d, leave time.Duration) (bool, error) {
	d = time.Duration(c.Random() * float64(d))
	if deadline, ok := ctx.Deadline(); ok && d+leave > 0 && time.Until(deadline) <= d+leave {
		return false, ctx.Err()
	}
	if d > 0 {
		c.Wait(ctx, d)
	}
	return ctx.Err() == nil, ctx.Err()
}
