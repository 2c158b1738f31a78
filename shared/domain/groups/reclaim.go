package groups

import (
	"context"
	"time"

	"parley/shared/retry"
	"parley/shared/timeouts"
)

// A Reclaim is the job that destroys the groups of an application that nobody uses.
type Reclaim struct {
	App   int64  `json:"app"`
	After uint64 `json:"after,omitempty"` // a place in the list of groups
}

// A ReclaimQueue holds these jobs for the worker.
type ReclaimQueue interface {
	Send(ctx context.Context, r Reclaim, delay time.Duration) error
}

// reclaimPage is how many groups are read together.
const reclaimPage = 100

// ReclaimIdle destroys the groups that nobody has used for as long as the application says: no
// message was sent, and the profile was not changed. It reads all groups of the application, and
// queues a job for the rest if its time ends. If the application says nothing, it does nothing.
//
// Example: the application says 90 days. The last message of the group "chess" is of January 1st, and
// its name was changed on January 10th. It is destroyed on April 10th or the day after; its members
// are notified.
func (s Service) ReclaimIdle(ctx context.Context, r Reclaim, q ReclaimQueue) error {
	if s.settings.IdleFor <= 0 {
		return nil
	}
	for after := r.After; ; {
		if retry.TimeLeftBelow(ctx, reclaimPage*timeOfGroup) {
			return q.Send(ctx, Reclaim{App: s.app, After: after}, 0)
		}
		ids, next, err := s.list.List(ctx, s.app, "", after, reclaimPage)
		if err != nil {
			return err
		}
		if err := s.reclaim(ctx, ids); err != nil || next == 0 {
			return err
		}
		after = next
	}
}

// timeOfGroup is more than it takes to destroy a group.
const timeOfGroup = 50 * time.Millisecond

// reclaim destroys those of some groups that are idle.
func (s Service) reclaim(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := s.store.Groups(ctx, s.app, ids)
	if err != nil {
		return err
	}
	heads, err := s.store.Heads(ctx, s.app, ids)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	idleSince := now.Add(-s.settings.IdleFor).Unix()
	for i, g := range list {
		if g == nil || heads[i] == nil || g.Destroyed != 0 || max(g.Created, g.ChangedAt, heads[i].LastTime) > idleSince {
			continue
		}
		// The job is queued first: if this call dies after it has destroyed the group, no other call
		// would queue it. The job begins when the group is destroyed for sure, or does nothing.
		g.Destroyed = now.Unix()
		if err := s.removals.Send(ctx, Removal{App: s.app, Group: g.ID, Destroyed: g.Destroyed, Reclaimed: true}, timeouts.Overlap); err != nil {
			return err
		}
		if _, err := s.store.DestroyGroup(ctx, s.app, *g, g.Destroyed, day(now)); err != nil {
			return err
		}
	}
	return nil
}
