// Package background joins the kinds of jobs that no caller waits for in one queue. Lambda
// asks each queue for jobs all the time, which is paid, so there are few queues
// (docs/adr/0041-deployment.md).
package background

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
)

// A Job is a job of the queue. One of its parts is set.
type Job struct {
	Removal *accounts.Removal `json:"removal,omitempty"`
	Index   *inbox.IndexJob   `json:"index,omitempty"`
	Group   *groups.Removal   `json:"group,omitempty"`
	Reclaim *groups.Reclaim   `json:"reclaim,omitempty"`
}

// A Queue holds the jobs for the worker.
type Queue interface {
	Send(ctx context.Context, j Job, delay time.Duration) error
}

// Removals is the part of a Queue that holds removals of the data of deleted accounts.
type Removals struct{ Queue Queue }

// Send implements accounts.RemovalQueue.
func (r Removals) Send(ctx context.Context, job accounts.Removal, delay time.Duration) error {
	return r.Queue.Send(ctx, Job{Removal: &job}, delay)
}

// IndexJobs is the part of a Queue that holds the indexing of conversation rows.
type IndexJobs struct{ Queue Queue }

// Send implements inbox.IndexQueue.
func (i IndexJobs) Send(ctx context.Context, job inbox.IndexJob, delay time.Duration) error {
	return i.Queue.Send(ctx, Job{Index: &job}, delay)
}

// GroupRemovals is the part of a Queue that holds removals of the data of destroyed groups.
type GroupRemovals struct{ Queue Queue }

// Send implements groups.RemovalQueue.
func (g GroupRemovals) Send(ctx context.Context, job groups.Removal, delay time.Duration) error {
	return g.Queue.Send(ctx, Job{Group: &job}, delay)
}

// Reclaims is the part of a Queue that holds the search for groups that nobody uses.
type Reclaims struct{ Queue Queue }

// Send implements groups.ReclaimQueue.
func (r Reclaims) Send(ctx context.Context, job groups.Reclaim, delay time.Duration) error {
	return r.Queue.Send(ctx, Job{Reclaim: &job}, delay)
}
