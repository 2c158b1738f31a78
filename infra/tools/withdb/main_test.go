package main

import (
	"strings"
	"testing"
)

// TestRun checks that the command gets the address of a server that exists already, and that run
// returns the exit code of the command.
func TestRun(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
	for _, tc := range []struct {
		script string
		want   int
		err    string
	}{
		{`test "$AWS_ENDPOINT_URL_DYNAMODB" = http://127.0.0.1:1`, 0, ""},
		{`exit 7`, 7, ""},
		{`kill -9 $$`, 1, ""},
	} {
		code, err := run(t.Context(), false, []string{"sh", "-c", tc.script})
		if code != tc.want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", tc.script, code, err, tc.want)
		}
	}
	if code, err := run(t.Context(), false, []string{"no-such-program"}); code != 1 || err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("got %d, %v, want 1 and its name", code, err)
	}
}
