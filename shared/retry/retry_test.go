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

// waits notes how long a Retrier waited.
type waits []time.Duration

func (w *waits) wait(_ context.Context, d time.Duration) { *w = append(*w, d) }

func TestDo(t *testing.T) {
	const ms = time.Millisecond
	p := retry.Policy{Tries: 7, Free: 1, First: 10 * ms, Most: 50 * ms}
	for _, c := range []struct {
		name   string
		random func() float64
		end    int // the try that is done; -1: none
		fails  int // the try that fails; -1: none
		done   bool
		err    error
		tries  int
		waits  waits
	}{
		{"done at once", nil, 0, -1, true, nil, 1, nil},
		{"fails at once", nil, -1, 0, false, errBroken, 1, nil},
		{"the first repeat is free", nil, 1, -1, true, nil, 2, nil},
		{"waits double", nil, 3, -1, true, nil, 4, waits{10 * ms, 20 * ms}},
		{"waits are bounded, and so are tries", nil, -1, -1, false, nil, 7, waits{10 * ms, 20 * ms, 40 * ms, 50 * ms, 50 * ms}},
		{"a repeat fails", nil, -1, 2, false, errBroken, 3, waits{10 * ms}},
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

// No wait reaches beyond the deadline: what is left of the time is the caller's.
func TestDeadline(t *testing.T) {
	never := func(int) (bool, error) { return false, nil }
	p := retry.Policy{Tries: 100, First: time.Hour, Most: time.Hour}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var waited waits
	if done, err := (retry.Retrier{Wait: waited.wait}).Do(ctx, p, never); done || err != nil || len(waited) > 0 {
		t.Errorf("an hour in a minute: got %t, %v and waits %v, want neither", done, err, waited)
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

func TestWithin(t *testing.T) {
	const s = time.Second
	for _, c := range []struct{ given, most, leave, min, max time.Duration }{
		{60 * s, 2 * s, 10 * s, 2 * s, 2 * s},    // there is time enough
		{60 * s, 55 * s, 10 * s, 49 * s, 50 * s}, // what comes after has its time
		{60 * s, 55 * s, 59 * s, 29 * s, 30 * s}, // but no more than half of it
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.given)
		began := time.Now()
		inner, stop := retry.Within(ctx, c.most, c.leave)
		end, _ := inner.Deadline()
		if got := end.Sub(began); got < c.min || got > c.max+s/2 {
			t.Errorf("%v of %v, leaving %v: ends after %v, want %v to %v", c.most, c.given, c.leave, got, c.min, c.max)
		}
		if retry.Short(ctx, c.given/2) || !retry.Short(ctx, c.given+1) || retry.Short(t.Context(), time.Hour) {
			t.Errorf("Short does not compare with %v", c.given)
		}
		stop()
		cancel()
	}
}

func TestSleep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	retry.Sleep(ctx, time.Hour) // or the test never ends
	began := time.Now()
	retry.Sleep(t.Context(), 2*time.Millisecond)
	if took := time.Since(began); took < 2*time.Millisecond {
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
