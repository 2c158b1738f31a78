package idempotency_test

import (
	"slices"
	"testing"

	"parley/shared/domain/idempotency"
)

// TestPushAndFind: the newest send is the first, old ones leave the end, and what does not fit is
// returned. A send is found by its key if it was made after the given time.
func TestPushAndFind(t *testing.T) {
	var sends, out []idempotency.PastSend
	for n := range int64(5) {
		sends, out = idempotency.Push(sends, idempotency.PastSend{IdempotencyKey: uint64(n), Time: 100 + n}, 100, 3)
	}
	if got := times(sends); !slices.Equal(got, []int64{104, 103, 102}) {
		t.Errorf("got the sends of %d, want the newest three", got)
	}
	if got := times(out); !slices.Equal(got, []int64{101}) {
		t.Errorf("got %d pushed out, want 101", got)
	}
	for _, c := range []struct {
		key   uint64
		after int64
		want  int
	}{{3, 102, 1}, {3, 103, -1}, {9, 0, -1}, {4, 103, 0}} {
		if got := idempotency.Find(sends, c.key, c.after); got != c.want {
			t.Errorf("Find(%d, after %d) = %d, want %d", c.key, c.after, got, c.want)
		}
	}
	sends, out = idempotency.Push(sends, idempotency.PastSend{Time: 110}, 109, 3)
	if len(sends) != 1 || out != nil {
		t.Errorf("got %v and %v, want the new send alone", sends, out)
	}
}

func times(sends []idempotency.PastSend) []int64 {
	var list []int64
	for _, s := range sends {
		list = append(list, s.Time)
	}
	return list
}
