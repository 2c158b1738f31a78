package unitofwork_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// still is a clock on which waits take no time.
type still struct{}

func (still) Now() time.Time                      { return time.Unix(1_700_000_000, 0) }
func (still) Wait(context.Context, time.Duration) {}
func (still) Random() float64                     { return 0 }
func (still) Bytes(n int) []byte                  { return make([]byte, n) }

// counter is stored data with a version. Before a commit, other calls add what is in others.
type counter struct {
	n, version int
	others     []int
	reads      int
	stale      bool // the first read does not see the last change
}

type state struct{ n, version int }

// addition is a plan: the counter after it. It is empty if it adds nothing.
type addition struct{ n, version, add int }

func (a addition) Empty() bool { return a.add == 0 }

func (c *counter) read(_ context.Context, again bool) (state, error) {
	c.reads++
	if c.stale && !again {
		return state{}, nil
	}
	return state{c.n, c.version}, nil
}

func (c *counter) commit(_ context.Context, a addition) (bool, error) {
	if len(c.others) > 0 {
		c.n, c.version, c.others = c.n+c.others[0], c.version+1, c.others[1:]
	}
	if a.version != c.version {
		return false, nil
	}
	c.n, c.version = a.n, c.version+1
	return true, nil
}

// add returns a plan that adds to a counter of at most 3.
func add(n int) func(state) (addition, error) {
	return func(s state) (addition, error) {
		if s.n+n > 3 {
			return addition{}, fault.New(fault.FriendLimit, "at most 3")
		}
		return addition{s.n + n, s.version, n}, nil
	}
}

func busy() error { return fault.New(fault.Conflict, "other calls change it all the time") }

// TestAConflictStartsAgain adds 1 while another call adds 1: both are counted. If the other
// call reaches the limit, the second plan refuses.
func TestAConflictStartsAgain(t *testing.T) {
	for _, c := range []struct {
		before, other, want int
		code                fault.Code
	}{{0, 1, 2, 0}, {2, 1, 3, fault.FriendLimit}} {
		stored := &counter{n: c.before, others: []int{c.other}}
		_, err := unitofwork.New(stored.read, add(1), stored.commit).Run(t.Context(), still{}, busy())
		if stored.n != c.want || stored.reads != 2 || (err != nil) != (c.code != 0) || (err != nil && !fault.Is(err, c.code)) {
			t.Errorf("%d, and another call adds %d: %d after %d reads, %v, want %d after 2", c.before, c.other, stored.n, stored.reads, err, c.want)
		}
	}
}

func TestAnEmptyPlanIsNotCommitted(t *testing.T) {
	stored := &counter{others: []int{1}}
	if _, err := unitofwork.New(stored.read, add(0), stored.commit).Run(t.Context(), still{}, busy()); err != nil || stored.n != 0 || stored.reads != 1 {
		t.Errorf("%v, the counter is %d after %d reads, want 0 after 1", err, stored.n, stored.reads)
	}
}

// TestASecondReadConfirms shows that what the first, eventually consistent read led to does
// not count: neither a refusal nor an empty plan.
func TestASecondReadConfirms(t *testing.T) {
	stored := &counter{n: 3, stale: true}
	needs3 := func(s state) (addition, error) {
		if s.n < 3 {
			return addition{}, fault.New(fault.FolderUnknown, "not found")
		}
		return addition{}, nil
	}
	if _, err := unitofwork.New(stored.read, needs3, stored.commit).ConfirmSecondRead().Run(t.Context(), still{}, busy()); err != nil || stored.reads != 2 {
		t.Errorf("%v after %d reads, want success after 2", err, stored.reads)
	}
	stored = &counter{n: 1}
	if _, err := unitofwork.New(stored.read, needs3, stored.commit).ConfirmSecondRead().Run(t.Context(), still{}, busy()); !fault.Is(err, fault.FolderUnknown) || stored.reads != 2 {
		t.Errorf("%v after %d reads, want a refusal after 2", err, stored.reads)
	}
}

// TestAnErrorOfOursEndsIt shows that a failed read or commit is not tried again, and that
// conflicts without end fail with the error for that.
func TestAnErrorOfOursEndsIt(t *testing.T) {
	broken := errors.New("the table does not answer")
	stored := &counter{}
	fails := func(context.Context, addition) (bool, error) { return false, broken }
	if _, err := unitofwork.New(stored.read, add(1), fails).ConfirmSecondRead().Run(t.Context(), still{}, busy()); !errors.Is(err, broken) || stored.reads != 1 {
		t.Errorf("%v after %d reads, want the error after 1", err, stored.reads)
	}
	conflicts := func(context.Context, addition) (bool, error) { return false, nil }
	if _, err := unitofwork.New(stored.read, add(1), conflicts).Run(t.Context(), still{}, busy()); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v, want %s", err, fault.Conflict)
	}
}
