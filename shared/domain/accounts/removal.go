package accounts

import (
	"context"
	"time"

	"parley/shared/retry"
	"parley/shared/timeouts"
)

// A Removal is the job that removes the data of a deleted account.
type Removal struct {
	App     int64  `json:"app"`
	User    string `json:"user"`
	Deleted int64  `json:"deleted"` // when the account was deleted, Unix seconds
	// Again marks the job of the second removal. Calls that were running when the
	// account was deleted may have written data after the first removal.
	Again bool `json:"again,omitempty"`
}

// A DataRemover removes what one part of the domain stores about a user whose account
// is deleted. Each call removes one page and returns whether there is more to remove.
// A call may be repeated.
type DataRemover interface {
	RemoveData(ctx context.Context, user string) (more bool, err error)
}

// A RemovalQueue holds the removal jobs for the worker.
type RemovalQueue interface {
	Send(ctx context.Context, r Removal, delay time.Duration) error
}

const (
	// SweepTimeout is the time that a worker has for a batch of jobs.
	SweepTimeout = 20 * time.Second
	// claimTime is how long a claim of a worker holds. It is longer than an invocation
	// of the worker can last.
	claimTime = SweepTimeout + 5*time.Second
	// maxPages is the maximum number of full pages that one call of Sweep removes,
	// so that other jobs get their turn.
	maxPages = 10
	// pageTime is more than a page takes. If less time is left, the rest is for the next
	// job, so that a large removal neither fails nor takes the time of the other jobs of
	// its batch.
	pageTime = 500 * time.Millisecond
	// secondSweepDelay is the time between the two sweeps. After it, every call that
	// read the account before its deletion has ended: a read may be a second old.
	secondSweepDelay = timeouts.Overlap
)

// Sweep removes a part of the data of a deleted account, and queues a job for the
// rest. When all is removed, it queues the job of a second removal, which removes what
// calls that were running at the deletion have written after the first removal.
//
// Every step may be repeated: the queue delivers a job again until a call of Sweep
// succeeds. Only the worker that holds the claim on an account removes its data and
// says that all is removed, and the id cannot be imported before that. So no worker
// removes data of a new account with the same id. Example: alice is deleted at second
// 100 and imported again at second 200. A job for the deletion at 100 that arrives at
// second 300 does nothing.
func (s Service) Sweep(ctx context.Context, r Removal) error {
	now := s.clock.Now()
	until := now.Add(claimTime).UnixMilli()
	claimed, busy, err := s.store.ClaimRemoval(ctx, s.app, r.User, r.Deleted, now.UnixMilli(), until)
	if err != nil {
		return err
	}
	if !claimed {
		if busy == 0 {
			return nil
		}
		// Another worker holds the claim, or died while it held it: try again when the
		// claim has ended.
		return s.removals.Send(ctx, r, time.Duration(busy-now.UnixMilli())*time.Millisecond+time.Second)
	}
	if r.Again {
		// A device may have connected while the account was deleted.
		if err := s.disconnector.Disconnect(ctx, r.User, "deleted"); err != nil {
			return err
		}
	}
	done, err := s.removeData(ctx, r.User)
	if err != nil {
		return err
	}
	if !done {
		if err := s.store.EndRemoval(ctx, s.app, r.User, r.Deleted, until, false); err != nil {
			return err
		}
		return s.removals.Send(ctx, r, 0)
	}
	if !r.Again {
		again := r
		again.Again = true
		if err := s.removals.Send(ctx, again, secondSweepDelay); err != nil {
			return err
		}
	}
	return s.store.EndRemoval(ctx, s.app, r.User, r.Deleted, until, true)
}

// removeData calls the data removers one after the other, for maxPages full pages at
// most, and while there is time for another page. It removes at least one page. It returns
// whether all data is removed.
func (s Service) removeData(ctx context.Context, user string) (done bool, err error) {
	pages := 0
	for _, f := range s.dataRemovers {
		for {
			more, err := f.RemoveData(ctx, user)
			if err != nil {
				return false, err
			}
			if !more {
				break
			}
			if pages++; pages == maxPages || retry.TimeLeftBelow(ctx, pageTime) {
				return false, nil
			}
		}
	}
	return true, nil
}
