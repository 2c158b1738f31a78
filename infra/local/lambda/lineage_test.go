package lambda

import (
	"strings"
	"testing"
)

// TestLineage: the trace of an invocation counts how often each function was invoked in its
// chain. Two functions that call each other are counted apart.
func TestLineage(t *testing.T) {
	ctx := t.Context()
	root := ""
	for i := 1; i <= 20; i++ {
		for _, name := range []string{"sweep", "delivery"} {
			trace, count := nextTrace(ctx, name, uuid())
			if count != i {
				t.Fatalf("invocation %d of %s: counted %d from %s", i, name, count, trace)
			}
			first, _, _ := strings.Cut(trace, ";")
			if root == "" {
				root = first
			}
			if first != root {
				t.Errorf("the root changed from %s to %s", root, first)
			}
			ctx = WithTrace(ctx, trace)
		}
	}
	if _, count := nextTrace(t.Context(), "sweep", uuid()); count != 1 {
		t.Errorf("a new chain begins with %d", count)
	}
}
