package clock_test

import (
	"context"
	"testing"
	"time"

	"parley/shared/clock"
)

// TestSystemWaits: Wait waits for the given time, or until its context is done.
func TestSystemWaits(t *testing.T) {
	var c clock.System
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Wait(ctx, time.Hour) // if it waited, the test would not end
	start := c.Now()
	c.Wait(t.Context(), 2*time.Millisecond)
	if took := c.Now().Sub(start); took < 2*time.Millisecond {
		t.Errorf("waited for %v, want 2ms", took)
	}
}

// TestSystemIsRandom: two ids are different, and have two characters a byte.
func TestSystemIsRandom(t *testing.T) {
	var c clock.System
	a, b := clock.ID(c, 8), clock.ID(c, 8)
	if a == b || len(a) != 16 || len(b) != 16 {
		t.Errorf("ids %s and %s, want two different ones of 16 characters", a, b)
	}
	for range 100 {
		if n := c.Random(); n < 0 || n > 1 {
			t.Fatalf("a random number %v, want one from 0 to 1", n)
		}
	}
}
