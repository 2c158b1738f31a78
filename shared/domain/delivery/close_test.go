package delivery_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
)

// TestDisconnectClosesAllDevices: all devices lose their slots, receive the kick frame, are
// closed, and are removed from Leaving. A device to which the frame cannot be posted
// stays open, and is queued.
func TestDisconnectClosesAllDevices(t *testing.T) {
	f, s := newFake()
	f.device("bob", "x", "c", "i", time.Hour)
	f.device("bob", "w", "d", "j", sessions.Life) // past its maximum age, and disconnected as well
	f.device("bob", "m", "e", "k", time.Second, "e0")
	f.postErrs["c"] = []error{errThrottled}
	if err := s.Disconnect(t.Context(), "bob", "deleted"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"d", "e", "e0"}; !slices.Equal(f.closed, want) {
		t.Errorf("closed %q, want %q", f.closed, want)
	}
	if want := []string{"c", "d", "e e0"}; !slices.Equal(f.posts, want) {
		t.Errorf("posts %q, want %q", f.posts, want)
	}
	if want := []string{"1 bob x c deleted", "1 bob w d deleted", "1 bob m e deleted"}; !slices.Equal(f.released, want) {
		t.Errorf("released %q, want %q", f.released, want)
	}
	if want := []string{"c", "d", "e"}; !slices.Equal(f.cleanedUp, want) {
		t.Errorf("cleaned up %q, want %q", f.cleanedUp, want)
	}
	if len(f.jobs) != 1 || !slices.Equal(f.jobs[0].Close, []delivery.ConnectionToClose{{Connection: "c"}}) {
		t.Errorf("jobs %+v, want one that closes c", f.jobs)
	}
}

// TestCloseIsRetried follows the closing of a connection through the queue: the kick frame
// is posted once, and the connection is tried until it is closed.
func TestCloseIsRetried(t *testing.T) {
	failed := errors.New("500")
	for _, c := range []struct {
		name   string
		posts  []error
		closes []error
		posted int // posts of the frame
		closed int // tries to close
		jobs   int
	}{
		{"closed at once", nil, nil, 1, 1, 0},
		{"gone: it counts as closed", []error{delivery.ErrGone}, []error{delivery.ErrGone}, 1, 1, 0},
		{"the frame cannot be posted once: it is posted again, then the connection is closed", []error{errThrottled, nil}, nil, 2, 1, 1},
		{"the frame can never be posted: the connection is closed at the third retry", []error{errThrottled}, nil, 4, 1, 3},
		{"closing fails twice: the frame is not posted again", nil, []error{failed, failed, nil}, 1, 3, 2},
		{"closing always fails: the job fails after ten retries", nil, []error{failed}, 1, 11, 10},
	} {
		f, s := newFake()
		f.closeErrs = map[string][]error{"c": c.closes}
		f.postErrs["c"] = c.posts
		err := s.Kick(t.Context(), sessions.Device{Slot: "x", Current: sessions.Connection{ID: "c", Instance: "i", Platform: "Web"}}, "kicked")
		for n := 0; n < len(f.jobs); n++ {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if want := time.Second << n; f.delays[n] != want {
				t.Errorf("%s: retry %d after %s, want %s", c.name, n, f.delays[n], want)
			}
			err = s.Retry(t.Context(), f.jobs[n])
		}
		if len(f.posts) != c.posted || len(f.closed) != c.closed || len(f.jobs) != c.jobs {
			t.Errorf("%s: posted %d times, %d tries to close, %d jobs; want %d, %d, %d",
				c.name, len(f.posts), len(f.closed), len(f.jobs), c.posted, c.closed, c.jobs)
		}
		if gotErr := err != nil; gotErr != (c.jobs == 10) {
			t.Errorf("%s: in the end %v", c.name, err)
		}
	}
}

// TestQueueFails: if the queue fails as well, the call fails, and the device stays in
// Leaving, so that a repeat of the call closes it.
func TestQueueFails(t *testing.T) {
	f, s := newFake()
	f.queueErr = errors.New("no queue")
	f.device("bob", "x", "c", "i", time.Hour)
	f.postErrs["c"] = []error{errThrottled}
	if err := s.Disconnect(t.Context(), "bob", "banned"); !errors.Is(err, f.queueErr) || len(f.cleanedUp) > 0 {
		t.Errorf("%v, cleaned up %q, want %v and nothing cleaned up", err, f.cleanedUp, f.queueErr)
	}
	if err := s.QueueClose(t.Context(), "c"); !errors.Is(err, f.queueErr) {
		t.Errorf("a connection without a slot: %v, want %v", err, f.queueErr)
	}
	if err := s.QueueEnd(t.Context(), delivery.Target{}); !errors.Is(err, f.queueErr) {
		t.Errorf("the end of a connection: %v, want %v", err, f.queueErr)
	}
	if got := fmt.Sprint(f.released); got != "[1 bob x c banned]" {
		t.Errorf("released %s", got)
	}
}
