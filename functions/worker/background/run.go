package background

import (
	"context"
	"errors"

	"parley/shared/domain/accounts"
	"parley/shared/domain/background"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

// run does one job of one of four kinds. A removal removes a part of the data of a deleted
// account and queues a job for the rest. Half a minute after all data is removed, a second
// job removes what calls that were running at the deletion have written since. One worker
// at a time removes the data of an account. If the account was imported again, the job does
// nothing.
//
// An indexing marks an account as indexed and puts its conversation rows into the index, up
// to 5,000 rows in one invocation, and queues a job for the rest. Half a minute after the
// last row it goes through the rows a second time, because calls that had read the account
// before it was marked may have created rows. After that, the calls of the account read the
// index.
//
// A removal of a group removes the members of a destroyed group, whom it notifies, and all else
// that is stored about them, and queues a job for the rest. The id of the group is free when all is
// removed, half a minute after the group was destroyed at the earliest.
//
// A reclaim destroys the groups of an application that nobody has used for as long as its setting
// GroupIdleDays says, and queues a job for the rest.
//
// Every step of all four may be repeated. A job ends before its part of the time of its batch
// ends, and queues the rest, so that a large account or group never takes the time of other jobs.
func run(ctx context.Context, c *op.Call, job background.Job) error {
	switch {
	case job.Removal != nil:
		return remove(ctx, c, *job.Removal)
	case job.Index != nil:
		return index(ctx, c, *job.Index)
	case job.Group != nil:
		return removeGroup(ctx, c, *job.Group)
	case job.Reclaim != nil:
		return reclaimGroups(ctx, c, *job.Reclaim)
	}
	return errors.New("the job is of no known kind")
}

func remove(ctx context.Context, c *op.Call, job accounts.Removal) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Accounts.Sweep(ctx, job)
}

func index(ctx context.Context, c *op.Call, job inbox.IndexJob) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Inbox.IndexRows(ctx, job)
}

func removeGroup(ctx context.Context, c *op.Call, job groups.Removal) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.For(&a).Groups.ContinueRemoval(ctx, job)
}

func reclaimGroups(ctx context.Context, c *op.Call, job groups.Reclaim) error {
	a, err := c.App.Apps.Get(ctx, job.App)
	if err != nil {
		return err
	}
	return c.App.ReclaimGroups(ctx, &a, job)
}
