// Command functions is the program of every Lambda function. It serves one operation:
// the one that the environment variable _HANDLER names.
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
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/telemetry"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "parley:", err)
		os.Exit(1)
	}
}

// gcPercent lets the heap, which is a few megabytes, grow to five times its size before
// the garbage collector runs. A function has at least 128 MB. With Go's default of 100 it
// spends a quarter of its CPU time in the collector (BenchmarkSend in
// functions/catalog).
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
	parts, err := app.Deployed(c, client.NewFrames(), v4.ExportFormat{})
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stdout, c.Stage, c.Level)
	lambda.Start(op.NewServer(o, app.New(parts), log, nil))
	return nil
}
