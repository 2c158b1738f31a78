package background

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/background"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/parallel"
	"parley/shared/queue"
)

// pages is the data of all users. A page of a large account's data takes so long, in the
// time of the test's bubble. The data of "huge" never ends.
type pages struct {
	accounts.Store
	inbox.IndexStore

	took  time.Duration
	count map[string]int // pages by user
}

func (p *pages) page(ctx context.Context, user string) (more bool, err error) {
	select {
	case <-time.After(p.took):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	p.count[user]++
	return user == "huge", nil
}

func (p *pages) RemoveData(ctx context.Context, user string) (bool, error) { return p.page(ctx, user) }

func (p *pages) IndexRows(ctx context.Context, _ int64, user string, _ chat.ID, _ int) (chat.ID, bool, error) {
	more, err := p.page(ctx, user)
	return chat.Between(user, "last"), more, err
}

func (p *pages) ClaimRemoval(context.Context, int64, string, int64, int64, int64) (bool, int64, error) {
	return true, 0, nil
}

func (p *pages) EndRemoval(context.Context, int64, string, int64, int64, bool) error { return nil }

func (p *pages) BeginIndexing(context.Context, int64, string, int64, int64) (bool, error) {
	return true, nil
}

func (p *pages) ExtendIndexing(context.Context, int64, string, int64, bool) error { return nil }

// sent is what jobs queued: the user of each, and how long SQS waits.
type sent struct{ list []string }

type (
	removalsOf  struct{ *sent }
	indexingsOf struct{ *sent }
)

func (s removalsOf) Send(_ context.Context, r accounts.Removal, delay time.Duration) error {
	s.list = append(s.list, fmt.Sprintf("removal of %s after %s", r.User, delay))
	return nil
}

func (s indexingsOf) Send(_ context.Context, i inbox.IndexJob, delay time.Duration) error {
	s.list = append(s.list, fmt.Sprintf("index of %s after %s", i.User, delay))
	return nil
}

// batchOf returns the event of a batch of jobs.
func batchOf(t *testing.T, jobs []background.Job) []byte {
	t.Helper()
	var batch events.SQSEvent
	for i, job := range jobs {
		body, err := json.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i), Body: string(body)})
	}
	event, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// TestLargeJobsLeaveTheirNeighboursTime runs a batch in which a removal and an indexing have
// more to do than fits into an invocation. Both end in their part of the time and queue the
// rest; the other eight jobs are done, none fails, and the batch ends before its deadline.
func TestLargeJobsLeaveTheirNeighboursTime(t *testing.T) {
	for _, took := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, 450 * time.Millisecond} {
		t.Run(took.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				data, rest := &pages{took: took, count: map[string]int{}}, &sent{}
				removal := accounts.New(1, accounts.Settings{}, data, nil, nil, removalsOf{rest}, clock.System{}, data)
				indexing := inbox.New(1, inbox.Settings{}, nil, nil, nil, nil, nil, data, indexingsOf{rest}, nil, delivery.Service{}, clock.System{}, parallel.Goroutines{})
				jobs := []background.Job{{Removal: &accounts.Removal{User: "huge"}}, {Index: &inbox.IndexJob{User: "huge"}}}
				for i := range 4 {
					jobs = append(jobs, background.Job{Removal: &accounts.Removal{User: fmt.Sprint("gone", i), Again: false}},
						background.Job{Index: &inbox.IndexJob{User: fmt.Sprint("many", i), Again: true}})
				}
				ctx, cancel := context.WithTimeout(t.Context(), Operations()[0].Timeout)
				defer cancel()
				response, errs := queue.Each(ctx, batchOf(t, jobs), func(ctx context.Context, job background.Job) error {
					if job.Removal != nil {
						return removal.Sweep(ctx, *job.Removal)
					}
					return indexing.IndexRows(ctx, *job.Index)
				})
				if len(response.BatchItemFailures) != 0 || len(errs) != 0 || ctx.Err() != nil {
					t.Errorf("%d jobs failed, %v; the batch: %v", len(response.BatchItemFailures), errs, ctx.Err())
				}
				for _, want := range []string{"removal of huge after 0s", "index of huge after 0s", "removal of gone3 after 30s"} {
					if !slices.Contains(rest.list, want) {
						t.Errorf("no %s is queued, only %q", want, rest.list)
					}
				}
				if data.count["many3"] != 1 || data.count["huge"] < 2 {
					t.Errorf("pages done: %v", data.count)
				}
			})
		})
	}
}
