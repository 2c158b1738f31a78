package op_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/telemetry"
)

// BenchmarkChain is a call of an operation that does nothing: what it measures is the chain.
// The application is in the cache of the function.
func BenchmarkChain(b *testing.B) {
	w := testkit.NewWorld(b, server, testkit.Options{})
	nothing := func(context.Context, *op.Call, in) (any, error) { return out{true}, nil }
	o := client.Action("message.do", v4.OpenIM(), nothing, op.ChecksCaller())
	function := op.NewServer(&o, w.App, telemetry.NewLogger(io.Discard, "bench", slog.LevelInfo), nil)
	body := fmt.Sprintf(`{"Do":"it","Text":%q}`, strings.Repeat("hello ", 40))
	for _, trigger := range []string{"http", "socket"} {
		b.Run(trigger, func(b *testing.B) {
			event := w.Event(b, &o, map[string]string{"socket": "trigger socket\n"}[trigger]+body)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := function.Invoke(b.Context(), event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
