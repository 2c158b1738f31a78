package groups

import (
	"context"
	"time"

	"parley/shared/fault"
	"parley/shared/retry"
	"parley/shared/timeouts"
)

// A Removal is the job that removes the data of a destroyed group.
type Removal struct {
	App       int64  `json:"app"`
	Group     string `json:"group"`
	Destroyed int64  `json:"destroyed"`           // when the group was destroyed, Unix seconds
	By        string `json:"by,omitempty"`        // the user who destroyed it; empty: the application
	Reclaimed bool   `json:"reclaimed,omitempty"` // it was destroyed because nobody used it
}

// A RemovalQueue holds the removal jobs for the worker.
type RemovalQueue interface {
	Send(ctx context.Context, r Removal, delay time.Duration) error
}

const (
	// pagesOfRemoval is how many pages one job removes at most, so that other jobs get their turn.
	pagesOfRemoval = 10
	// timeOfPage is more than the removal of a page takes. If less time is left, the rest is for the
	// next job.
	timeOfPage = 500 * time.Millisecond
)

// Destroy destroys a group. From then on it cannot be read, and nothing can be sent to it. A job
// removes the members, who are notified, and frees the id.
//
// It fails with GroupUnknown if the group is destroyed already. Then it queues the job again, for
// the owner and the application: the call that destroyed the group may have died before it queued
// the job.
func (s Service) Destroy(ctx context.Context, by Actor, id string) error {
	if err := CheckID(id); err != nil {
		return err
	}
	g, err := s.store.Group(ctx, s.app, id)
	if err != nil {
		return err
	}
	if g != nil && g.Destroyed != 0 && (by.Application || by.User == g.Owner) {
		if err := s.queueRemoval(ctx, *g, by, 0); err != nil {
			return err
		}
	}
	if err := g.Exists(id); err != nil {
		return err
	}
	r, err := s.role(ctx, by, id)
	if err == nil {
		err = r.check(g.Type, CapabilitiesOfTypes().Destroy, "destroy the group")
	}
	if err != nil {
		return err
	}
	now := s.clock.Now()
	g.Destroyed = now.Unix()
	done, err := s.store.DestroyGroup(ctx, s.app, *g, g.Destroyed, day(now))
	if err == nil && !done {
		err = unknown(id)
	}
	if err != nil {
		return err
	}
	return s.queueRemoval(ctx, *g, by, 0)
}

func (s Service) queueRemoval(ctx context.Context, g Group, by Actor, delay time.Duration) error {
	return s.removals.Send(ctx, Removal{App: s.app, Group: g.ID, Destroyed: g.Destroyed, By: by.User}, delay)
}

// ContinueRemoval removes a part of the data of a destroyed group, and queues a job for the rest.
// Every step may be repeated, and two jobs for the same group may run at the same time.
//
// The id is free when all is removed and no call can be running any more that has read the group
// before it was destroyed. So nothing of the old group gets into a new one with the same id.
// Example: the group "chess" is destroyed at second 100, while a call stores a message in it. The
// id is free at second 130, and a new group "chess" does not have that message.
func (s Service) ContinueRemoval(ctx context.Context, r Removal) error {
	g, err := s.store.Group(ctx, s.app, r.Group)
	if err != nil || g == nil || g.Destroyed != r.Destroyed {
		return err
	}
	notice := Notice{Kind: NoticeDestroyed, By: r.By}
	if r.Reclaimed {
		notice.Kind = NoticeReclaimed
	}
	for page := 1; ; page++ {
		more, err := s.members.RemoveGroup(ctx, *g, notice)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if page == pagesOfRemoval || retry.TimeLeftBelow(ctx, timeOfPage) {
			return s.removals.Send(ctx, r, 0)
		}
	}
	if left := time.Unix(r.Destroyed, 0).Add(timeouts.Overlap).Sub(s.clock.Now()); left > 0 {
		return s.removals.Send(ctx, r, left+time.Second)
	}
	return s.store.FreeID(ctx, s.app, *g, s.clock.Now().Add(s.settings.Retention).Unix())
}

// MaxListed is how many ids one call of List returns at most (docs/spec/tencent §16.9).
const MaxListed = 10_000

// A List is a page of the ids of groups.
type List struct {
	IDs   []string
	Next  uint64 // where the next page begins; 0: there is none
	Total int    // how many groups there are, of the type
}

// List returns the ids of groups of a type, or of all if it is empty, after a place that an answer
// gave; 0: from the first one. The list is complete for groups that exist all the time.
func (s Service) List(ctx context.Context, t Type, after uint64, limit int) (List, error) {
	if limit < 1 || limit > MaxListed {
		return List{}, fault.New(fault.Invalid, "a page has 1 to %d groups", MaxListed)
	}
	total, err := s.list.Count(ctx, s.app, t)
	if err != nil {
		return List{}, err
	}
	ids, next, err := s.list.List(ctx, s.app, t, after, limit)
	return List{IDs: ids, Next: next, Total: total}, err
}
