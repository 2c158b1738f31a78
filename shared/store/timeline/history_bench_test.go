package timeline_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/clock"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/parallel"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// historySizes are the numbers of messages of the conversations of BenchmarkTimeline. The
// environment variable HISTORY_SIZES replaces them.
const historySizes = "1000,10000,100000"

// BenchmarkTimeline reads pages of 20 messages at the end, in the middle and at the start
// of conversations of very different length. Neither the time nor the read units of a page
// may grow with the conversation.
func BenchmarkTimeline(b *testing.B) {
	sizes := os.Getenv("HISTORY_SIZES")
	if sizes == "" {
		sizes = historySizes
	}
	server, err := testkit.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	for i, field := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		id := int64(100 + i)
		if err := fillTimeline(b.Context(), server, id, n); err != nil {
			b.Fatal(err)
		}
		store := server.StoreToMeasure().Timeline
		service := timeline.New(id, timeline.Settings{}, nil, store, store, store, delivery.Service{}, nil, clock.System{}, parallel.Goroutines{})
		for name, at := range map[string]int{"newest": n, "middle": n / 2, "oldest": 21} {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				meter := &telemetry.Meter{}
				ctx := telemetry.WithMeter(b.Context(), meter)
				before := historyKey(at)
				for b.Loop() {
					h, err := service.History(ctx, timeline.HistoryRange{User: "alice", Chat: chat.Between("alice", "bob"), Before: &before, Limit: 20})
					if err != nil || len(h.Messages) != 20 || h.Messages[19].Key != historyKey(at-1) {
						b.Fatalf("%d messages, %v", len(h.Messages), err)
					}
				}
				b.ReportMetric(meter.Units().R/float64(b.N), "R/page")
			})
		}
	}
}

const historyStart = 1_700_000_000

// historyKey returns the key of the n-th message. There are three messages a second.
func historyKey(n int) timeline.Key {
	return timeline.Key{Time: historyStart + int64(n/3), Seq: uint32(n), Random: uint32(n)}
}

// fillTimeline writes n messages of alice and bob directly to DynamoDB, 25 at a time. The
// items are as PutMessage writes them, with texts of 40 to 240 bytes.
func fillTimeline(ctx context.Context, server *testkit.Server, id int64, n int) error {
	table := server.Tables.Msg
	number := func(n int64) calls.Value { return testkit.Number(n) }
	r := testkit.Rand(uint64(n)) // a size
	batches := make(chan []calls.WriteRequest, 16)
	failed := make(chan error, 8)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for batch := range batches {
				left := map[string][]calls.WriteRequest{table: batch}
				for len(left) > 0 {
					out, err := testkit.Past[calls.BatchWriteItemOutput](ctx, server, &calls.BatchWriteItemInput{RequestItems: left})
					if err != nil {
						select {
						case failed <- err:
						default:
						}
						return
					}
					left = out.UnprocessedItems
				}
			}
		})
	}
	var err error
	conversation := chat.Between("alice", "bob")
	pk := schema.TimelinePK(id, conversation)
	for first := 0; first < n && err == nil; first += 25 {
		var batch []calls.WriteRequest
		for i := first; i < min(first+25, n); i++ {
			body := fmt.Sprintf(`{"e":[{"t":%q}]}`, strings.Repeat("history ", 5+r.IntN(26)))
			batch = append(batch, calls.WriteRequest{PutRequest: &calls.PutRequest{Item: dynamo.Item{
				"pk": dynamo.Str(pk), "sk": dynamo.Str(schema.MessageSK(conversation, historyKey(i))), "b": dynamo.Str(body), "f": number(int64(r.IntN(2))),
				"n": number(int64(i + 1)), "g": number(historyStart), "x": number(4_000_000_000),
			}}})
		}
		select {
		case batches <- batch:
		case err = <-failed:
		}
	}
	close(batches)
	running.Wait()
	select {
	case err = <-failed:
	default:
	}
	return err
}
