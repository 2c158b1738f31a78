package testkit

import (
	"context"
	"sync"
	"time"
)

// A Clock is a clock.Clock that stands still until Move is called. A wait ends at once and
// does not move it. Random always returns 1, so a wait before a retry has its maximum
// length.
type Clock struct {
	// OnWait is called for each wait, if it is not nil.
	OnWait func(ctx context.Context, d time.Duration)

	mu  sync.Mutex
	now time.Time
}

// NewClock returns a Clock that shows the given time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock forward.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Wait implements clock.Clock.
func (c *Clock) Wait(ctx context.Context, d time.Duration) {
	if c.OnWait != nil {
		c.OnWait(ctx, d)
	}
}

// Random implements clock.Clock.
func (c *Clock) Random() float64 { return 1 }

// Bytes implements clock.Clock.
func (c *Clock) Bytes(n int) []byte { return random(n) }
