package op_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/dialect/client"
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

// TestAnswerThatIsTooLargeIsAFault: an answer that AWS would drop becomes a fault, which
// has the id of the frame. An answer that just fits is sent. Without that, Lambda would
// drop the answer silently, and the caller would wait until its own timeout.
func TestAnswerThatIsTooLargeIsAFault(t *testing.T) {
	type in struct{ Bytes int }
	large := func(_ context.Context, _ *op.Call, i in) (struct{ Text string }, error) {
		return struct{ Text string }{strings.Repeat(`"`, i.Bytes/2)}, nil // each is two bytes of JSON
	}
	action := client.Action("message.large", v4.OpenIM(), large)
	command := tencent.Command(tencent.Service{Path: "openim", Group: "message", Codes: v4.OpenIM()}, "large", large)
	for _, c := range []struct {
		name      string
		operation *op.Operation
		directive string
		bytes     int
		code      string
	}{
		{"a frame that fits", &action, "trigger socket\n", 127 << 10, `"code":0`},
		{"a frame that is too large", &action, "trigger socket\n", 128 << 10, `"code":80002`},
		{"an answer over HTTP that is larger than a frame may be", &action, "", 128 << 10, `"code":0`},
		// A function returns the body as a JSON string. There a quote and its backslash are
		// four bytes.
		{"an answer over HTTP that fits", &action, "", 3<<20 - 1000, `"code":0`},
		{"an answer over HTTP that is too large", &action, "", 3 << 20, `"code":80002`},
		{"an answer of a v4 command that is too large", &command, "", 3 << 20, `"ErrorCode":80002`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
			if err := w.Seed(t.Context(), "account alice\nconnect alice Web w1\n"); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(in{c.bytes})
			if err != nil {
				t.Fatal(err)
			}
			raw, _, err := w.Call(t, c.operation, c.directive+string(text))
			if err != nil {
				t.Fatalf("the function fails: %v", err)
			}
			var a struct{ Body string }
			if err := json.Unmarshal(raw, &a); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(a.Body, c.code) {
				t.Errorf("answer %.200s, want %s in it", a.Body, c.code)
			}
			if strings.Contains(c.name, "frame") && c.directive != "" && !strings.Contains(a.Body, `"id":`) {
				t.Errorf("answer %.200s, want the frame's id in it", a.Body)
			}
			if strings.Contains(c.name, "too large") {
				if len(a.Body) > 1000 {
					t.Errorf("the fault has %d bytes", len(a.Body))
				}
				if l := oneLine(t, &log); l.Outcome != "refused" || l.Reason == "" {
					t.Errorf("logged as %s, %q, want refused with a reason", l.Outcome, l.Reason)
				}
			}
		})
	}
}
