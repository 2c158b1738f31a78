package main

import (
	"io"
	"testing"
)

// TestRun shows what is counted for a command, by its output and its exit code.
func TestRun(t *testing.T) {
	for _, tc := range []struct {
		script string
		want   count
		fails  bool
	}{
		{"echo hello", count{passed: 1}, false},
		{"echo 'DONE 1 test in 0.009s'", count{passed: 1}, false},
		{"echo 'DONE 7 tests, 1 skipped, 2 failures, 1 error in 0.005s'; exit 1", count{4, 3, 1}, true},
		{"echo 'DONE 3 tests, 1 error in 0.005s'; exit 1", count{3, 1, 0}, true},
		{"echo '3 passed, 0 failed'; echo '4 passed, 0 failed, 2 skipped'", count{7, 0, 2}, false},
		{"printf 'ℹ tests 5\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\n'", count{4, 0, 1}, false},
		{"printf '# pass 4\n# fail 1\n'; exit 1", count{4, 1, 0}, true},
		{"echo '3 passed, 0 failed'; exit 2", count{3, 1, 0}, true},
		{"echo '3 passed, 1 failed'", count{3, 1, 0}, true},
		{"echo 'we say: 3 passed, 1 failed.'", count{passed: 1}, false},
		{"printf '2 passed, 0 failed'", count{passed: 2}, false},
		{"exit 1", count{failed: 1}, true},
	} {
		got, _, err := run(io.Discard, "sh", "-c", tc.script)
		if got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: got %v, %v, want %v, failure %v", tc.script, got, err, tc.want, tc.fails)
		}
	}
	if got, _, err := run(io.Discard, "no-such-program"); got.failed != 1 || err == nil {
		t.Errorf("got %v, %v, want one failure", got, err)
	}
}
