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

// TestDisconnect: all devices lose their slots, are told and closed, and are
// forgotten then. One that cannot be told stays open, and is left to the queue.
func TestDisconnect(t *testing.T) {
	w, s := newWorld()
	w.device("bob", "x", "c", "i", time.Hour)
	w.device("bob", "w", "d", "j", sessions.Life) // dead, and disconnected all the same
	w.device("bob", "m", "e", "k", time.Second, "e0")
	w.faults["c"] = []error{errBusy}
	if err := s.Disconnect(t.Context(), "bob", "deleted"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"d", "e", "e0"}; !slices.Equal(w.closed, want) {
		t.Errorf("closed %q, want %q", w.closed, want)
	}
	if want := []string{"c", "d", "e e0"}; !slices.Equal(w.rounds, want) {
		t.Errorf("told %q, want %q", w.rounds, want)
	}
	if want := []string{"1 bob x c deleted", "1 bob w d deleted", "1 bob m e deleted"}; !slices.Equal(w.left, want) {
		t.Errorf("left %q, want %q", w.left, want)
	}
	if want := []string{"c", "d", "e"}; !slices.Equal(w.forgot, want) {
		t.Errorf("forgot %q, want %q", w.forgot, want)
	}
	if len(w.jobs) != 1 || !slices.Equal(w.jobs[0].Close, []delivery.Closing{{Link: "c"}}) {
		t.Errorf("jobs %+v, want one that closes c", w.jobs)
	}
}

// TestClosing follows a connection that has to go through the queue: it is told
// once, and tried until it is closed.
func TestClosing(t *testing.T) {
	stuck := errors.New("500")
	for _, c := range []struct {
		name   string
		posts  []error
		closes []error
		told   int // posts
		closed int // tries to close
		jobs   int
	}{
		{"well", nil, nil, 1, 1, 0},
		{"gone", []error{delivery.ErrGone}, []error{delivery.ErrGone}, 1, 1, 0},
		{"it cannot be told once", []error{errBusy, nil}, nil, 2, 1, 1},
		{"it can never be told", []error{errBusy}, nil, 4, 1, 3},
		{"it cannot be closed twice", nil, []error{stuck, stuck, nil}, 1, 3, 2},
		{"it can never be closed", nil, []error{stuck}, 1, 11, 10},
	} {
		w, s := newWorld()
		w.open = map[string][]error{"c": c.closes}
		w.faults["c"] = c.posts
		err := s.Kick(t.Context(), sessions.Device{Slot: "x", Now: sessions.Link{Connection: "c", Instance: "i", Platform: "Web"}}, "kicked")
		for n := 0; n < len(w.jobs); n++ {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if want := time.Second << n; w.delays[n] != want {
				t.Errorf("%s: round %d after %s, want %s", c.name, n, w.delays[n], want)
			}
			err = s.Retry(t.Context(), w.jobs[n])
		}
		if len(w.rounds) != c.told || len(w.closed) != c.closed || len(w.jobs) != c.jobs {
			t.Errorf("%s: told %d times, %d tries to close, %d jobs; want %d, %d, %d",
				c.name, len(w.rounds), len(w.closed), len(w.jobs), c.told, c.closed, c.jobs)
		}
		if failed := err != nil; failed != (c.jobs == 10) {
			t.Errorf("%s: in the end %v", c.name, err)
		}
	}
}

// TestTooBusyToQueue: where the queue fails, too, the call fails and its repeat
// finds the device still there to be closed.
func TestTooBusyToQueue(t *testing.T) {
	w, s := newWorld()
	w.queueErr = errors.New("no queue")
	w.device("bob", "x", "c", "i", time.Hour)
	w.faults["c"] = []error{errBusy}
	if err := s.Disconnect(t.Context(), "bob", "banned"); !errors.Is(err, w.queueErr) || len(w.forgot) > 0 {
		t.Errorf("%v, forgot %q, want %v and nothing forgotten", err, w.forgot, w.queueErr)
	}
	if err := s.Unserved(t.Context(), "c"); !errors.Is(err, w.queueErr) {
		t.Errorf("a connection without a slot: %v, want %v", err, w.queueErr)
	}
	if err := s.Ended(t.Context(), delivery.Target{}); !errors.Is(err, w.queueErr) {
		t.Errorf("the end of a connection: %v, want %v", err, w.queueErr)
	}
	if got := fmt.Sprint(w.left); got != "[1 bob x c banned]" {
		t.Errorf("left %s", got)
	}
}
