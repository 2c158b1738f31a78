// Package clock is the only source of time, waiting, randomness and ids. What a rule does
// depends on its Clock and on its arguments, so a test that sets the clock gets the same
// result every time. The deployed program uses System, and tests use testkit.Clock.
package clock

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	random "math/rand/v2"
	"time"
)

// A Clock tells the time, waits, and gives random numbers.
type Clock interface {
	// Now returns the time.
	Now() time.Time
	// Wait returns after d, or when ctx is done.
	Wait(ctx context.Context, d time.Duration)
	// Random returns a number from 0 to 1. It is for the lengths of waits, and not for
	// secrets.
	Random() float64
	// Bytes returns n random bytes that nobody can guess.
	Bytes(n int) []byte
}

// ID returns a new id of random bytes in hexadecimal. With 8 bytes it has 16 characters,
// and with 16 bytes or more two ids are never equal.
func ID(c Clock, bytes int) string { return hex.EncodeToString(c.Bytes(bytes)) }

// System is the clock of the machine.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now() }

// Wait implements Clock.
func (System) Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Random implements Clock. The result is below 1.
func (System) Random() float64 { return random.Float64() }

// Bytes implements Clock.
func (System) Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
