package testkit

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/store"
)

// RowPeer names the n-th newest of the rows that Rows makes, from 0 on: the order
// of names is another than that of times.
func RowPeer(n, of int) string { return fmt.Sprintf("p%06d", (n*7919+13)%of) }

// Rows makes a user's side of conversations with so many others, who have each
// written once, a second apart, the last one now: as many as could not be sent in
// a test. Their messages are not there. Where indexed, they are as the worker that
// indexes them leaves them.
func (w *World) Rows(ctx context.Context, user string, n int, indexed bool) error {
	name, now := store.Names(w.Server.Tables)[store.Core], w.Clock.Now()
	var run errgroup.Group
	run.SetLimit(8)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for part := range slices.Chunk(all, 25) {
		requests := make([]types.WriteRequest, len(part))
		for i, at := range part {
			key := store.PeerKey(w.ID, user, RowPeer(at, n))
			ms, end := now.UnixMilli()-int64(at)*1000, now.Unix()+30*86_400
			requests[i].PutRequest = &types.PutRequest{Item: store.Item{
				"pk": stringValue(key.PK), "sk": stringValue(key.SK), "t": Number(ms), "pv": stringValue("hello, how are you?"),
				"k": stringValue(store.MessageSK(messages.Key{Time: ms / 1000, Seq: 1, Random: 1})),
				"i": Number(1), "gi": Number(ms), "d": Number(0), "e": Number(end), "x": Number(end),
			}}
			if indexed {
				requests[i].PutRequest.Item[store.IndexedBy] = stringValue(key.PK)
			}
		}
		run.Go(func() error {
			for len(requests) > 0 {
				out, err := w.raw.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: requests}})
				if err != nil {
					return err
				}
				requests = out.UnprocessedItems[name]
			}
			return nil
		})
	}
	if err := run.Wait(); err != nil || !indexed {
		return err
	}
	if err := w.Set(ctx, store.Core, store.AccountKey(w.ID, user), store.Item{"im": Number(1)}); err != nil {
		return err
	}
	return w.Set(ctx, store.Core, store.FoldersKey(w.ID, user), store.Item{"ib": Number(now.UnixMilli()), "ic": Number(1)})
}

// Index runs the worker that indexes a user's conversations to its end, and leaves
// no job behind.
func (w *World) Index(ctx context.Context, s conversations.Service, user string) error {
	w.Indexings.Take()
	jobs := []Queued[conversations.Indexing]{{Job: conversations.Indexing{App: w.ID, User: user}}}
	for len(jobs) > 0 {
		if err := s.IndexRows(ctx, jobs[0].Job); err != nil {
			return err
		}
		jobs = append(jobs[1:], w.Indexings.Take()...)
	}
	return nil
}
