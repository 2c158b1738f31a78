package retry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/shared/clock"
	"parley/shared/retry"
)

var errBroken = errors.New("broken")

// A waiter is a clock that records how long it was to wait. Every random number is random.
type waiter struct {
	clock.System
	random float64
	onWait func()
	waits  []time.Duration
}

func (w *waiter) Random() float64 { return w.random }

func (w *waiter) Wait(_ context.Context, d time.Duration) {
	w.waits = append(w.waits, d)
	if w.onWait != nil {
		w.onWait()
	}
}

// TestTriesAndWaits shows how many tries Do makes, and how long it waits between them.
func TestTriesAndWaits(t *testing.T) {
	const ms = time.Millisecond
	p := retry.Policy{Tries: 7, ImmediateRetries: 1, First: 10 * ms, Most: 50 * ms}
	for _, c := range []struct {
		name   string
		random float64
		end    int // the try that returns true; -1: none
		fails  int // the try that returns an error; -1: none
		done   bool
		err    error
		tries  int
		waits  []time.Duration
	}{
		{"the first try is done", 1, 0, -1, true, nil, 1, nil},
		{"the first try fails", 1, -1, 0, false, errBroken, 1, nil},
		{"the first retry does not wait", 1, 1, -1, true, nil, 2, nil},
		{"waits double", 1, 3, -1, true, nil, 4, []time.Duration{10 * ms, 20 * ms}},
		{"waits have a maximum, and so has the number of tries", 1, -1, -1, false, nil, 7, []time.Duration{10 * ms, 20 * ms, 40 * ms, 50 * ms, 50 * ms}},
		{"a retry fails", 1, -1, 2, false, errBroken, 3, []time.Duration{10 * ms}},
		{"waits are random", 0.5, 4, -1, true, nil, 5, []time.Duration{5 * ms, 10 * ms, 20 * ms}},
	} {
		w := &waiter{random: c.random}
		tries := 0
		done, err := retry.Do(t.Context(), w, p, func(n int) (bool, error) {
			if n != tries {
				t.Errorf("%s: try %d is given number %d", c.name, tries, n)
			}
			tries++
			if n == c.fails {
				return false, errBroken
			}
			return n == c.end, nil
		})
		if done != c.done || !errors.Is(err, c.err) || tries != c.tries || !slices.Equal(w.waits, c.waits) {
			t.Errorf("%s: got %t, %v after %d tries and %v, want %t, %v, %d, %v", c.name, done, err, tries, w.waits, c.done, c.err, c.tries, c.waits)
		}
	}
}

// TestNoWaitGoesBeyondTheDeadline: the time that is left before the deadline belongs to the
// caller. A context that is cancelled during a wait ends Do.
func TestNoWaitGoesBeyondTheDeadline(t *testing.T) {
	never := func(int) (bool, error) { return false, nil }
	p := retry.Policy{Tries: 100, First: time.Hour, Most: time.Hour}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := &waiter{random: 1}
	if done, err := retry.Do(ctx, w, p, never); done || err != nil || len(w.waits) > 0 {
		t.Errorf("an hour in a minute: got %t, %v and waits %v, want no wait and no error", done, err, w.waits)
	}
	tries := 0
	w.onWait = cancel
	done, err := retry.Do(ctx, w, retry.Policy{Tries: 100, First: 1, Most: 1}, func(int) (bool, error) {
		tries++
		return false, nil
	})
	if done || !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("cancelled while it waits: got %t, %v after %d tries, want the context's error after 1", done, err, tries)
	}
}

// TestPolicyLeavesTime: no try begins in the time that the policy leaves, whether or not it would wait.
func TestPolicyLeavesTime(t *testing.T) {
	for _, c := range []struct {
		left, leave time.Duration
		tries       int
	}{{time.Hour, time.Minute, 9}, {time.Minute, time.Hour, 1}} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		tries := 0
		done, err := retry.Do(ctx, &waiter{random: 1}, retry.Policy{Tries: 9, ImmediateRetries: 4, First: 1, Most: 1, Leave: c.leave}, func(int) (bool, error) {
			tries++
			return false, nil
		})
		if done || err != nil || tries != c.tries {
			t.Errorf("%s left, of which %s are left: got %t, %v after %d tries, want no error after %d", c.left, c.leave, done, err, tries, c.tries)
		}
		cancel()
	}
}

// TestWithinLeavesTimeForTheRest shows how much time a part of a call gets.
func TestWithinLeavesTimeForTheRest(t *testing.T) {
	const s = time.Second
	for _, c := range []struct{ given, most, leave, min, max time.Duration }{
		{60 * s, 2 * s, 10 * s, 2 * s, 2 * s},    // there is enough time
		{60 * s, 55 * s, 10 * s, 49 * s, 50 * s}, // the rest of the call has its time
		{60 * s, 55 * s, 59 * s, 29 * s, 30 * s}, // but no more than half of all
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.given)
		start := time.Now()
		inner, stop := retry.Within(ctx, c.most, c.leave)
		deadline, _ := inner.Deadline()
		if got := deadline.Sub(start); got < c.min || got > c.max+s/2 {
			t.Errorf("%v of %v, leaving %v: ends after %v, want %v to %v", c.most, c.given, c.leave, got, c.min, c.max)
		}
		if retry.TimeLeftBelow(ctx, c.given/2) || !retry.TimeLeftBelow(ctx, c.given+1) || retry.TimeLeftBelow(t.Context(), time.Hour) {
			t.Errorf("Short does not compare with %v", c.given)
		}
		stop()
		cancel()
	}
}

func ExampleDo() {
	done, err := retry.Do(context.Background(), clock.System{}, retry.Policy{Tries: 3, First: time.Millisecond, Most: time.Millisecond}, func(n int) (bool, error) {
		return n == 2, nil
	})
	fmt.Println(done, err)
	// Output: true <nil>
}
