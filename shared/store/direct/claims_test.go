package direct_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/clock"
	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
)

// Of many sends of one user to another at once, each gets its own offset, and a repeat of
// a send gets the same offset again.
func TestClaimsAtOnceGetDistinctOffsets(t *testing.T) {
	const sends = 130 // more than a window has room for
	w := testkit.NewWorld(t, server, testkit.Options{})
	now := w.Clock.Now()
	service := w.TenantWith(t, nil, func(p *app.Parts) { p.Clock = clock.System{} }).Direct // it waits between two tries
	claim := func(i int) (direct.Claim, error) {
		key := timeline.Key{Time: now.Unix(), Seq: uint32(i), Random: 1}
		return service.Claim(t.Context(), direct.ClaimRequest{
			From: "alice", Chat: chat.Between("alice", "bob"), IdempotencyKey: uint64(i+1) * 0x1234567, Key: key, NowMs: now.UnixMilli(), Expires: now.Unix() + 1000,
		}, direct.Window{})
	}
	var first [sends]int64
	for round := range 2 {
		var offsets [sends]int64
		var wait sync.WaitGroup
		for i := range sends {
			wait.Go(func() {
				c, err := claim(i)
				if err != nil {
					t.Errorf("send %d: %v", i, err)
				}
				offsets[i] = c.Offset
			})
		}
		wait.Wait()
		if round == 0 {
			first = offsets
			slices.Sort(offsets[:])
			for i, n := range offsets {
				if n != int64(i+1) {
					t.Fatalf("offsets: got %v, want 1 to %d", offsets, sends)
				}
			}
		} else if offsets != first {
			t.Errorf("repeats: got %s, want %s", fmt.Sprint(offsets), fmt.Sprint(first))
		}
	}
}
