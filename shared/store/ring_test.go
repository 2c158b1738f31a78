package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/shared/domain/messages"
	"parley/shared/testkit"
)

// Many sends of one user to another at the same time: each is given an ordinal
// of its own, and a repeat the same one.
func TestClaimsAtOnce(t *testing.T) {
	const sends = 40
	w := testkit.NewWorld(t, server, testkit.Options{})
	now := w.Clock.Now()
	claim := func(i int) (messages.Claim, error) {
		key := messages.Key{Time: now.Unix(), Seq: uint32(i), Random: 1}
		return w.Store.Claim(t.Context(), w.ID, messages.ClaimRequest{
			From: "alice", To: "bob", Hash: uint64(i+1) * 0x1234567, Key: key, NowMs: now.UnixMilli(), Expires: now.Unix() + 1000,
		})
	}
	var first [sends]int64
	for round := range 2 {
		var ordinals [sends]int64
		var wait sync.WaitGroup
		for i := range sends {
			wait.Go(func() {
				c, err := claim(i)
				if err != nil {
					t.Errorf("send %d: %v", i, err)
				}
				ordinals[i] = c.Ordinal
			})
		}
		wait.Wait()
		if round == 0 {
			first = ordinals
			slices.Sort(ordinals[:])
			for i, n := range ordinals {
				if n != int64(i+1) {
					t.Fatalf("ordinals: got %v, want 1 to %d", ordinals, sends)
				}
			}
		} else if ordinals != first {
			t.Errorf("repeats: got %s, want %s", fmt.Sprint(ordinals), fmt.Sprint(first))
		}
	}
}
