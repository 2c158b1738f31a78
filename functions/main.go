// Command functions is the program of every Lambda function: it serves the
// operation that _HANDLER names and no other.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"

	"parley/functions/catalog"
	"parley/shared/app"
	"parley/shared/config"
	"parley/shared/dialect/client"
	"parley/shared/op"
	"parley/shared/telemetry"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// gcPercent lets the heap of a few megabytes grow to five times itself before it
// is collected. A function has at least 128 MB, and at the default it spends a
// quarter of its CPU on collecting (BenchmarkSend).
const gcPercent = 400

func run() error {
	debug.SetGCPercent(gcPercent)
	c, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	o := catalog.Find(c.Handler)
	if o == nil {
		return fmt.Errorf("_HANDLER names no operation: %q", c.Handler)
	}
	parts, err := app.Real(c, client.Frame)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stdout, c.Level)
	lambda.Start(op.NewServer(o, app.New(parts), log, nil))
	return nil
}
