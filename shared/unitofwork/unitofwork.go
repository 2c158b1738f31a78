// Package unitofwork changes stored data that other calls may change at the same time: it
// reads, makes a plan of what it has read, and commits the plan only if nothing that it has
// read has changed since. If something has changed, it starts again with the read.
//
// Example: Alice has 2 friends, and the limit is 3. At the same time one of her devices adds
// Bob and another one adds Carol. Both calls read version 5, and both plan a third friend.
// One call commits version 6. The commit of the other call writes nothing, because the
// version is not 5 any more. It reads again, finds 3 friends, and its plan refuses the call.
package unitofwork

import (
	"context"

	"parley/shared/clock"
	"parley/shared/fault"
	"parley/shared/retry"
)

// A Plan is what a unit of work is going to write.
type Plan interface {
	// Empty reports whether there is nothing to write.
	Empty() bool
}

// A Unit is one unit of work. State is what it reads.
type Unit[State any, P Plan] struct {
	read      func(ctx context.Context, again bool) (State, error)
	plan      func(State) (P, error)
	commit    func(context.Context, P) (bool, error)
	confirmed func(ctx context.Context, again bool, s State, p P) (bool, error)
}

// New returns a unit of work.
//
// read reads what the plan depends on. again is false in the first try.
//
// plan decides what is written, or refuses. It depends on the state and the time only, so it has no
// context and no store, and a test can call it with any state. It is called once in each try,
// so it must not use anything of an earlier try.
//
// commit writes the plan, all or nothing, if what was read has not changed. It returns false
// if it has changed. Like plan it may refuse, for a reason that only the store sees.
func New[State any, P Plan](
	read func(ctx context.Context, again bool) (State, error),
	plan func(State) (P, error),
	commit func(context.Context, P) (bool, error),
) Unit[State, P] {
	confirmed := func(context.Context, bool, State, P) (bool, error) { return true, nil }
	return Unit[State, P]{read, plan, commit, confirmed}
}

// Confirm returns the unit of work with a check of reads that no commit checks: a plan that
// refuses or is empty writes nothing, so no condition shows whether the state was current.
// confirmed returns false if it may have been out of date, and the unit starts again.
//
// Without Confirm, every read has to be strong and to show all items as of one moment.
func (u Unit[State, P]) Confirm(confirmed func(ctx context.Context, again bool, s State, p P) (bool, error)) Unit[State, P] {
	u.confirmed = confirmed
	return u
}

// ConfirmSecondRead is Confirm for a unit whose first read is eventually consistent, and whose
// other reads are strong: what was not written counts from the second try on. Example: a user
// creates the folder "work" and at once puts Bob's conversation into it. The first read does
// not find "work", and the second read finds it.
func (u Unit[State, P]) ConfirmSecondRead() Unit[State, P] {
	return u.Confirm(func(_ context.Context, again bool, _ State, _ P) (bool, error) { return again, nil })
}

// Run runs the unit of work, and returns the plan that was committed, or that was empty. If
// the plan refuses, Run returns it with its error. Run fails with busy if other calls change
// the same data during every try. It does not try again after an error that is ours.
func (u Unit[State, P]) Run(ctx context.Context, c clock.Clock, busy error) (P, error) {
	var p P
	var refusal error
	done, err := retry.Do(ctx, c, retry.Contended(), func(try int) (bool, error) {
		again := try > 0
		var state State
		if state, refusal = u.read(ctx, again); refusal == nil {
			p, refusal = u.plan(state)
		}
		switch {
		case refusal != nil && fault.Of(refusal).Code.Ours():
			return false, refusal
		case refusal != nil || p.Empty():
			return u.confirmed(ctx, again, state, p)
		}
		written, err := u.commit(ctx, p)
		if refusal = err; err != nil && !fault.Of(err).Code.Ours() {
			return u.confirmed(ctx, again, state, p)
		}
		return written, err
	})
	switch {
	case err != nil:
		return p, err
	case !done:
		return p, busy
	}
	return p, refusal
}
