package retry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/shared/retry"
)

var errBroken = errors.New("broken")

// waits records how long a Retrier has waited.
type waits []time.Duration

func (w *waits) wait(_ context.Context, d time.Duration) { *w = append(*w, d) }

// TestTriesAndWaits shows how many tries Do makes, and how long it waits between them.
func TestTriesAndWaits(t *testing.T) {
	const ms = time.Millisecond
	p := retry.Policy{Tries: 7, ImmediateRetries: 1, First: 10 * ms, Most: 50 * ms}
	for _, c := range []struct {
		name   string
		random func() float64
		end    int // the try that returns true; -1: none
		fails  int // the try that returns an error; -1: none
		done   bool
		err    error
		tries  int
		waits  waits
	}{
		{"the first try is done", nil, 0, -1, true, nil, 1, nil},
		{"the first try fails", nil, -1, 0, false, errBroken, 1, nil},
		{"the first retry does not wait", nil, 1, -1, true, nil, 2, nil},
		{"waits double", nil, 3, -1, true, nil, 4, waits{10 * ms, 20 * ms}},
		{"waits have a maximum, and so has the number of tries", nil, -1, -1, false, nil, 7, waits{10 * ms, 20 * ms, 40 * ms, 50 * ms, 50 * ms}},
		{"a retry fails", nil, -1, 2, false, errBroken, 3, waits{10 * ms}},
		{"waits are random", func() float64 { return 0.5 }, 4, -1, true, nil, 5, waits{5 * ms, 10 * ms, 20 * ms}},
	} {
		var waited waits
		tries := 0
		done, err := retry.Retrier{Wait: waited.wait, Random: c.random}.Do(t.Context(), p, func(n int) (bool, error) {
			if n != tries {
				t.Errorf("%s: try %d is given number %d", c.name, tries, n)
			}
			tries++
			if n == c.fails {
				return false, errBroken
			}
			return n == c.end, nil
		})
		if done != c.done || !errors.Is(err, c.err) || tries != c.tries || !slices.Equal(waited, c.waits) {
			t.Errorf("%s: got %t, %v after %d tries and %v, want %t, %v, %d, %v", c.name, done, err, tries, waited, c.done, c.err, c.tries, c.waits)
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
	var waited waits
	if done, err := (retry.Retrier{Wait: waited.wait}).Do(ctx, p, never); done || err != nil || len(waited) > 0 {
		t.Errorf("an hour in a minute: got %t, %v and waits %v, want no wait and no error", done, err, waited)
	}
	tries := 0
	stop := func(context.Context, time.Duration) { cancel() }
	done, err := retry.Retrier{Wait: stop}.Do(ctx, retry.Policy{Tries: 100, First: 1, Most: 1}, func(int) (bool, error) {
		tries++
		return false, nil
	})
	if done || !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("cancelled while it waits: got %t, %v after %d tries, want the context's error after 1", done, err, tries)
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

// TestSleepWaits: Sleep waits for the given time, or until its context is done.
func TestSleepWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	retry.Sleep(ctx, time.Hour) // if it waited, the test would not end
	start := time.Now()
	retry.Sleep(t.Context(), 2*time.Millisecond)
	if took := time.Since(start); took < 2*time.Millisecond {
		t.Errorf("slept for %v, want 2ms", took)
	}
}

func ExampleRetrier_Do() {
	r := retry.Retrier{Wait: retry.Sleep}
	done, err := r.Do(context.Background(), retry.Policy{Tries: 3, First: time.Millisecond, Most: time.Millisecond}, func(n int) (bool, error) {
		return n == 2, nil
	})
	fmt.Println(done, err)
	// Output: true <nil>
}
