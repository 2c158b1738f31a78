// Package needs is for tests that need more of a machine than Go, for example a container engine.
package needs

import (
	"os"
	"testing"
)

// Skip skips a test, or a part of one, on a machine that lacks what it needs. err says what is
// missing. In CI, where all tests must run, the test fails.
func Skip(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}
