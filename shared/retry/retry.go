// Package retry repeats what failed only for a moment. The number of tries is
// bounded, the waits between them grow and have a random length, so that callers
// who hinder each other come apart, and no wait reaches beyond the deadline of
// the context.
package retry

import (
	"context"
	"time"
)

// A Policy says how often something is tried and how long the waits are.
type Policy struct {
	Tries int // the first one included
	Free  int // repeats that do not wait, before the first that does
	// First is the longest that the first wait can be. Each wait after it can be
	// twice as long as the one before, up to Most.
	First, Most time.Duration
}

// Contended is the policy of a change that is made anew if another one came before
// it. Example: two devices add a friend at the same time. Both have read version 5,
// one writes version 6, and the other reads again. The first repeat is made at once.
func Contended() Policy {
	return Policy{Tries: 20, Free: 1, First: 2 * time.Millisecond, Most: 200 * time.Millisecond}
}

// wait is the longest wait before a repeat; 0 is the first repeat.
func (p Policy) wait(repeat int) time.Duration {
	repeat -= p.Free
	if repeat < 0 {
		return 0
	}
	d := p.First
	for range repeat {
		if d >= p.Most {
			return p.Most
		}
		d *= 2
	}
	return min(d, p.Most)
}

// A Retrier waits, and has the chance that makes waits differ.
type Retrier struct {
	// Wait returns after d, or when the context is done.
	Wait func(ctx context.Context, d time.Duration)
	// Random returns a number from 0 to 1. When it is nil every wait is as long as
	// it can be.
	Random func() float64
}

// Do calls try until it is done or fails. try is given its number, from 0 on. Do
// returns false without an error when the tries are used up, and when the next
// wait would not end before the deadline of ctx. Once ctx is done it begins no
// other try, and fails with the context's error.
func (r Retrier) Do(ctx context.Context, p Policy, try func(n int) (done bool, err error)) (bool, error) {
	for n := range p.Tries {
		if n > 0 {
			ok, err := r.pause(ctx, p.wait(n-1))
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

// pause waits for at most d, and tells whether there is time for another try.
func (r Retrier) pause(ctx context.Context, d time.Duration) (bool, error) {
	if r.Random != nil {
		d = time.Duration(r.Random() * float64(d))
	}
	if end, ok := ctx.Deadline(); ok && d > 0 && time.Until(end) <= d {
		return false, ctx.Err()
	}
	if d > 0 {
		r.Wait(ctx, d)
	}
	return ctx.Err() == nil, ctx.Err()
}

// Sleep is a Wait that takes real time.
func Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
