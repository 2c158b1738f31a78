package presence

import (
	"slices"
	"testing"

	"parley/shared/fault"
)

// TestPlanWatches: the watcher watches b of a, b and c, and 2 users in all.
func TestPlanWatches(t *testing.T) {
	now := subscriptions{users: []string{"a", "b", "c"}, watching: []bool{false, true, false}, count: 2}
	for _, c := range []struct {
		watch bool
		limit int
		want  watchPlan
		code  fault.Code
	}{
		{true, 4, watchPlan{"a", "c"}, 0},
		{true, 3, nil, fault.WatchLimit},
		{false, 0, watchPlan{"b"}, 0}, // ending subscriptions needs no place
	} {
		got, err := planWatches(now, c.watch, c.limit)
		if !slices.Equal(got, c.want) || (err != nil) != (c.code != 0) || (err != nil && !fault.Is(err, c.code)) {
			t.Errorf("watch %t, limit %d: %v, %v, want %v", c.watch, c.limit, got, err, c.want)
		}
	}
}
