package op_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"parley/shared/op"
	"parley/shared/telemetry"
)

// TestCallIsAnsweredBeforeTheDeadline: a call is answered and logged before Lambda ends its
// function, even if the operation does not return.
func TestCallIsAnsweredBeforeTheDeadline(t *testing.T) {
	const timeout = 900 * time.Millisecond
	for _, c := range []struct {
		name    string
		run     func(context.Context, *op.Call) (any, error)
		answer  string // a part of the answer
		outcome string
		reason  string // a part of the log line's error
	}{
		{"an operation that returns in time", func(context.Context, *op.Call) (any, error) { return "out", nil }, "out <nil>", "ok", ""},
		{"an operation that waits until its context is done", func(ctx context.Context, c *op.Call) (any, error) {
			c.Log("field", "value")
			<-ctx.Done()
			return nil, ctx.Err()
		}, "deadline exceeded", "fault", "deadline exceeded"},
		{"an operation that ignores its context", func(_ context.Context, c *op.Call) (any, error) {
			c.Log("field", "value")
			select {}
		}, "deadline exceeded", "fault", "does not return"},
		{"an operation that panics", func(context.Context, *op.Call) (any, error) { panic("a wrong turn") }, "a wrong turn", "fault", "budget_test.go"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			var steps []string
			o := op.New(op.Operation{Name: "client.test.budget", Protocol: fake{&steps, nil, nil}, Run: c.run})
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			answer, err := op.NewServer(&o, nil, telemetry.NewLogger(&log, "dev", slog.LevelInfo), nil).Invoke(ctx, nil)
			if ctx.Err() != nil {
				t.Error("the deadline has passed before the answer")
			}
			if err != nil || !strings.Contains(string(answer), c.answer) {
				t.Errorf("answer %s, %v, want %q in it", answer, err, c.answer)
			}
			l := oneLine(t, &log)
			if l.Outcome != c.outcome || !strings.Contains(l.Error, c.reason) {
				t.Errorf("logged as %s with %q, want %s with %q", l.Outcome, l.Error, c.outcome, c.reason)
			}
			if c.reason != "" && c.name != "an operation that panics" && l.Field != "value" {
				t.Errorf("the operation's field is %q, want its value", l.Field)
			}
		})
	}
}
