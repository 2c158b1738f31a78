package testkit

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
)

// RowPeer returns the peer of the n-th newest of so many rows that Rows writes. The
// newest row has n = 0. The peers sort by name in another order than the rows by
// time.
func RowPeer(n, of int) string { return fmt.Sprintf("p%06d", (n*7919+13)%of) }

// Rows writes n rows of a user, as if each of n peers had sent the user one message,
// a second apart, the last one now. It writes the rows only, without messages, since
// sending so many messages would take a test too long. If indexed is true, the rows
// and the head are as the worker that indexes them leaves them.
func (w *World) Rows(ctx context.Context, user string, n int, indexed bool) error {
	name, now := schema.TableNames(w.Server.Tables)[schema.Core], w.Clock.Now()
	var run errgroup.Group
	run.SetLimit(8)
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	for batch := range slices.Chunk(numbers, 25) {
		requests := make([]calls.WriteRequest, len(batch))
		for i, row := range batch {
			id := chat.Between(user, RowPeer(row, n))
			key := schema.RowKey(w.ID, user, id)
			ms, end := now.UnixMilli()-int64(row)*1000, now.Unix()+30*86_400
			requests[i].PutRequest = &calls.PutRequest{Item: dynamo.Item{
				"pk": stringValue(key.PK), "sk": stringValue(key.SK), "t": Number(ms), "pv": stringValue("hello, how are you?"),
				"k": stringValue(schema.MessageSK(id, timeline.Key{Time: ms / 1000, Seq: 1, Random: 1})),
				"i": Number(1), "gi": Number(ms), "d": Number(0), "e": Number(end), "x": Number(end),
			}}
			if indexed {
				requests[i].PutRequest.Item[string(schema.IndexedBy)] = stringValue(key.PK)
			}
		}
		run.Go(func() error {
			for len(requests) > 0 {
				result, err := Past[calls.BatchWriteItemOutput](ctx, w.Server, &calls.BatchWriteItemInput{RequestItems: map[string][]calls.WriteRequest{name: requests}})
				if err != nil {
					return err
				}
				requests = result.UnprocessedItems[name]
			}
			return nil
		})
	}
	if err := run.Wait(); err != nil || !indexed {
		return err
	}
	if err := w.SetAttributes(ctx, schema.Core, schema.AccountKey(w.ID, user), dynamo.Item{"im": Number(1)}); err != nil {
		return err
	}
	return w.SetAttributes(ctx, schema.Core, schema.HeadKey(w.ID, user), dynamo.Item{"ib": Number(now.UnixMilli()), "ic": Number(1)})
}

// Index puts all rows of a user into the index, as the operation worker.background.run does in
// several jobs. It removes all indexing jobs, also those of other users.
func (w *World) Index(ctx context.Context, s inbox.Service, user string) error {
	w.IndexJobs.Take()
	jobs := []Queued[inbox.IndexJob]{{Job: inbox.IndexJob{App: w.ID, User: user}}}
	for len(jobs) > 0 {
		if err := s.IndexRows(ctx, jobs[0].Job); err != nil {
			return err
		}
		jobs = append(jobs[1:], w.IndexJobs.Take()...)
	}
	return nil
}
