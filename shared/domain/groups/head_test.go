package groups_test

import (
	"slices"
	"testing"

	"parley/shared/domain/groups"
)

// The example of Unread, and what does not count.
func TestUnreadIsCountedByDifferences(t *testing.T) {
	head := groups.Head{Type: groups.Public, Number: 10, Counted: 7, Excluded: []int64{2, 9}}
	for _, c := range []struct {
		title              string
		change             func(*groups.Head)
		read, counted, own int64
		want               int64
	}{
		{title: "the example", read: 4, counted: 3, own: 1, want: 2},
		{title: "nothing read", want: 5},
		{title: "all read", read: 10, counted: 7, want: 0},
		{title: "a recalled message that was read does not count twice", read: 9, counted: 6, want: 1},
		{title: "never below 0", read: 8, counted: 7, own: 3, want: 0},
		{title: "a Meeting has no unread messages", change: func(h *groups.Head) { h.Type = groups.Meeting }, want: 0},
	} {
		h := head
		if c.change != nil {
			c.change(&h)
		}
		if got := h.Unread(c.read, c.counted, c.own); got != c.want {
			t.Errorf("%s: got %d, want %d", c.title, got, c.want)
		}
	}
}

// The newest numbers are kept, each once and in order.
func TestExcludedNumbersAreBounded(t *testing.T) {
	h := groups.Head{Excluded: []int64{3, 5}}
	if got := h.WithExcluded(4); !slices.Equal(got, []int64{3, 4, 5}) {
		t.Errorf("got %v, want 3, 4, 5", got)
	}
	if got := h.WithExcluded(5); !slices.Equal(got, []int64{3, 5}) {
		t.Errorf("a repeat: got %v, want 3, 5", got)
	}
	for n := int64(10); n < 30; n++ {
		h.Excluded = h.WithExcluded(n)
	}
	if got := h.Excluded; len(got) != groups.MaxExcluded || got[0] != 14 || got[len(got)-1] != 29 {
		t.Errorf("got %v, want 14 to 29", got)
	}
}
