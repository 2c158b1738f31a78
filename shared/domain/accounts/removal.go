package accounts

import (
	"context"
	"time"
)

// A Removal is a deleted account whose data is to go.
type Removal struct {
	App     int64  `json:"app"`
	User    string `json:"user"`
	Deleted int64  `json:"deleted"` // when, Unix seconds
	// Again: what was under way when the account was deleted may have written
	// after the first sweep; this is the second one.
	Again bool `json:"again,omitempty"`
}

// A Forgetter removes what one part of the domain keeps of a user whose account
// is gone. It removes a page at a time and tells whether more is left; it may be
// repeated.
type Forgetter interface {
	Forget(ctx context.Context, user string) (more bool, err error)
}

// A RemovalQueue holds removals for the worker.
type RemovalQueue interface {
	Send(ctx context.Context, r Removal, delay time.Duration) error
}

const (
	// SweepTimeout is how long a worker has for a batch of removals.
	SweepTimeout = 15 * time.Second
	// claim is how long a removal belongs to the worker that took it: longer than
	// the worker can live.
	claim = SweepTimeout + 5*time.Second
	// pagesAtOnce bounds what a call removes before it makes room for others.
	pagesAtOnce = 10
	// settled is when a function that saw the account alive has ended: the longest
	// timeout is 25 s (batchsendmsg), and reads may be a second behind.
	settled = 30 * time.Second
)

// Sweep removes a part of the data of a deleted account and queues what is left.
// The second sweep of an account removes what calls that were under way have
// written after the first.
//
// Every step may be repeated: a job leaves its queue only when its call has
// ended well. A removal belongs to one worker at a time, so that none removes
// still while another has said that all is swept; and an id cannot be imported
// again before that. A job whose account was imported anew does nothing.
func (s Service) Sweep(ctx context.Context, r Removal) error {
	now := s.Now()
	until := now.Add(claim).UnixMilli()
	claimed, busy, err := s.Store.ClaimRemoval(ctx, s.App, r.User, r.Deleted, now.UnixMilli(), until)
	if err != nil {
		return err
	}
	if !claimed {
		if busy == 0 {
			return nil
		}
		// Another worker has it, or had it and died.
		return s.Removals.Send(ctx, r, time.Duration(busy-now.UnixMilli())*time.Millisecond+time.Second)
	}
	if r.Again {
		// A device that was about to connect when the account was deleted.
		if err := s.Out.Disconnect(ctx, r.User, "deleted"); err != nil {
			return err
		}
	}
	done, err := s.forget(ctx, r.User)
	if err != nil {
		return err
	}
	if !done {
		if err := s.Store.EndRemoval(ctx, s.App, r.User, r.Deleted, until, false); err != nil {
			return err
		}
		return s.Removals.Send(ctx, r, 0)
	}
	if !r.Again {
		again := r
		again.Again = true
		if err := s.Removals.Send(ctx, again, settled); err != nil {
			return err
		}
	}
	return s.Store.EndRemoval(ctx, s.App, r.User, r.Deleted, until, true)
}

// forget runs the forgetters one after the other, and tells whether nothing is
// left.
func (s Service) forget(ctx context.Context, user string) (done bool, err error) {
	pages := 0
	for _, f := range s.Forgetters {
		for {
			more, err := f.Forget(ctx, user)
			if err != nil {
				return false, err
			}
			if !more {
				break
			}
			if pages++; pages == pagesAtOnce {
				return false, nil
			}
		}
	}
	return true, nil
}
