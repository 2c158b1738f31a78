package inbox

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/retry"
	"parley/shared/timeouts"
)

// An IndexJob is the job that puts the rows of one user into the index.
type IndexJob struct {
	App  int64  `json:"app"`
	User string `json:"user"`
	// Begun says that the account is marked as indexed, and that the rows up to After
	// are in the index.
	Begun bool    `json:"begun,omitempty"`
	After chat.ID `json:"after,omitzero"`
	// Again marks the second pass, for rows of calls that had read the account before it
	// was marked.
	Again bool `json:"again,omitempty"`
}

// An IndexQueue holds the indexing jobs for the worker.
type IndexQueue interface {
	Send(ctx context.Context, i IndexJob, delay time.Duration) error
}

const (
	// indexJobRows is how many rows are indexed at once.
	indexJobRows = 250
	// indexJobPages is how many times indexJobRows rows one job indexes at most, so that
	// other jobs get their turn.
	indexJobPages = 20
	// indexPageTime is more than indexJobRows rows take. If less time is left, the rest is for
	// the next job, so that an account with very many rows neither fails nor takes the time
	// of the other jobs of its batch.
	indexPageTime = time.Second
	// secondPassDelay is the time between the two passes. After it, every call that read
	// the account before it was marked has ended: a read may be a second old.
	secondPassDelay = timeouts.Overlap
	// workerIdle is the time without a sign of a worker after which another worker may
	// start.
	workerIdle = 10 * time.Minute
)

// requestIndexing queues an indexing job if the rows that were read are too many and no
// worker is indexing them. Two jobs for the same user do no harm.
func (s Service) requestIndexing(ctx context.Context, user string, read readResult) error {
	if (read.indexed && !read.partial) || (!read.partial && len(read.rows) <= indexThreshold) ||
		read.head.IndexingMs > s.clock.Now().Add(-workerIdle).UnixMilli() {
		return nil
	}
	return s.indexJobs.Send(ctx, IndexJob{App: s.app, User: user}, 0)
}

// IndexRows marks an account as indexed and puts its rows into the index: some thousand
// rows in one job, while there is time for more, and then a job for the rest. Every step may be repeated.
//
// A call that creates a row has read the account before. If the account is marked, the
// call puts the row into the index itself. A call that read the account before it was
// marked does not. So half a minute later, when all such calls have ended, a second pass
// goes through the rows. Only after the second pass is the index complete, and only then
// do calls read it. Example: a send reads bob's account. The worker marks bob and indexes
// all rows. The send creates a row, which is not in the index. The second pass finds it.
func (s Service) IndexRows(ctx context.Context, i IndexJob) error {
	now := s.clock.Now()
	if !i.Begun {
		begun, err := s.index.BeginIndexing(ctx, s.app, i.User, now.UnixMilli(), now.Add(-workerIdle).UnixMilli())
		if err != nil || !begun {
			return err
		}
		i.Begun = true
	} else if err := s.index.ExtendIndexing(ctx, s.app, i.User, now.UnixMilli(), false); err != nil {
		return err
	}
	for range indexJobPages {
		last, more, err := s.index.IndexRows(ctx, s.app, i.User, i.After, indexJobRows)
		switch {
		case err != nil:
			return err
		case more:
			i.After = last
		case i.Again:
			return s.index.ExtendIndexing(ctx, s.app, i.User, s.clock.Now().UnixMilli(), true)
		default:
			return s.indexJobs.Send(ctx, IndexJob{App: i.App, User: i.User, Begun: true, Again: true}, secondPassDelay)
		}
		if retry.TimeLeftBelow(ctx, indexPageTime) {
			break
		}
	}
	return s.indexJobs.Send(ctx, i, 0)
}
