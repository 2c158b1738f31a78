package direct_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/idempotency"
	"parley/shared/domain/timeline"
)

// BenchmarkStore runs the calls of a send one by one against DynamoDB Local. On one
// machine, most of the time of a message is the CPU of DynamoDB Local.
func BenchmarkStore(b *testing.B) {
	server, err := testkit.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	s := server.StoreToMeasure()
	now := time.Now()
	message := func(n int) timeline.Message {
		return timeline.Message{
			Key: timeline.Key{Time: now.Unix(), Seq: uint32(n), Random: uint32(n)}, From: "alice", Chat: chat.Between("alice", "bob"),
			Offset: int64(n), Epoch: 1, Expires: now.Unix() + 86400,
			Content: content.Content{Elements: []content.Element{testkit.Text("hello")}},
		}
	}
	n := 0
	window := direct.Window{}
	sends := make([]idempotency.PastSend, 30)
	for _, bench := range []struct {
		name string
		run  func(n int) error
	}{
		{"permissions", func(int) error {
			_, err := s.Direct.Permissions(b.Context(), 1, direct.PermissionsQuery{From: "alice", To: "bob", Receiver: true, Window: true})
			return err
		}},
		{"claim", func(n int) error {
			m := message(n)
			written, next, err := s.Direct.WriteClaim(b.Context(), 1, direct.ClaimWrite{
				Request: direct.ClaimRequest{From: "alice", Chat: chat.Between("alice", "bob"), Key: m.Key, NowMs: now.UnixMilli(), Preview: "hello", Expires: m.Expires},
				Seen:    window, Next: direct.Window{Offset: window.Offset + 1, Epoch: 1, Sends: sends},
			})
			if window = next; err == nil && !written {
				return errors.New("another claim was first")
			}
			return err
		}},
		{"put", func(n int) error { _, err := s.Timeline.PutMessage(b.Context(), 1, message(n)); return err }},
		{"arrive", func(n int) error {
			m := message(n)
			_, err := s.Direct.CountArrival(b.Context(), 1, direct.Arrival{Message: m, NowMs: now.UnixMilli(), Preview: "hello", RowExpires: m.Expires})
			return err
		}},
		{"sessions", func(int) error { _, err := s.Sessions.Sessions(b.Context(), 1, []string{"alice", "bob"}); return err }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for range b.N {
				n++
				if err := bench.run(n); err != nil {
					b.Fatal(fmt.Errorf("%s: %w", bench.name, err))
				}
			}
		})
	}
}
