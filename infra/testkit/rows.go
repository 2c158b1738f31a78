package testkit

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/store"
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
	name, now := store.Names(w.Server.Tables)[store.Core], w.Clock.Now()
	var run errgroup.Group
	run.SetLimit(8)
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	for batch := range slices.Chunk(numbers, 25) {
		requests := make([]types.WriteRequest, len(batch))
		for i, row := range batch {
			key := store.RowKey(w.ID, user, chat.Between(user, RowPeer(row, n)))
			ms, end := now.UnixMilli()-int64(row)*1000, now.Unix()+30*86_400
			requests[i].PutRequest = &types.PutRequest{Item: store.Item{
				"pk": stringValue(key.PK), "sk": stringValue(key.SK), "t": Number(ms), "pv": stringValue("hello, how are you?"),
				"k": stringValue(store.MessageSK(timeline.Key{Time: ms / 1000, Seq: 1, Random: 1})),
				"i": Number(1), "gi": Number(ms), "d": Number(0), "e": Number(end), "x": Number(end),
			}}
			if indexed {
				requests[i].PutRequest.Item[store.IndexedBy] = stringValue(key.PK)
			}
		}
		run.Go(func() error {
			for len(requests) > 0 {
				result, err := w.raw.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: requests}})
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
	if err := w.SetAttributes(ctx, store.Core, store.AccountKey(w.ID, user), store.Item{"im": Number(1)}); err != nil {
		return err
	}
	return w.SetAttributes(ctx, store.Core, store.HeadKey(w.ID, user), store.Item{"ib": Number(now.UnixMilli()), "ic": Number(1)})
}

// Index puts all rows of a user into the index, as the operation worker.index does in
// several jobs. It removes all jobs of that queue, also those of other users.
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
