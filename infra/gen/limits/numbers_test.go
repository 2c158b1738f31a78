package limits

import (
	"testing"
	"time"
)

// TestNumbers evaluates constants that are expressions of other constants, of another
// package, and not exported.
func TestNumbers(t *testing.T) {
	n := NewNumbers("../../..")
	for _, c := range []struct {
		dir, name string
		want      Number
	}{
		{"shared/domain/direct", "MaxBatch", Number{Value: 500}},
		{"shared/domain/direct", "MaxImportAhead", Number{int64(2 * time.Minute), true}},
		{"shared/domain/content", "MaxBody", Number{Value: 12288}},
		{"shared/op", "maxFrame", Number{Value: 128 << 10}},
	} {
		if got, err := n.Constant(c.dir, c.name); err != nil || got != c.want {
			t.Errorf("%s.%s = %+v, %v, want %+v", c.dir, c.name, got, err, c.want)
		}
	}
	if _, err := n.Constant("shared/domain/direct", "MaxNothing"); err == nil {
		t.Error("a constant that does not exist has a value")
	}
}
