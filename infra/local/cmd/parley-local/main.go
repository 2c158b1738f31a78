// Command parley-local runs the local cloud until it is interrupted. `make run` starts
// it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"parley/infra/local"
	"parley/infra/local/backing"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "parley-local: %s\n", oneLine(err))
		os.Exit(1)
	}
}

// options are the values of the flags.
type options struct {
	verbose, memory, demo bool
	seed                  uint64
	local                 local.Options
}

func parse(args []string) (options, error) {
	var o options
	root, err := backing.Root()
	if err != nil {
		return o, err
	}
	o.local.Root = root
	port := 8080
	if text := os.Getenv("PORT"); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 0 || port > 65535 {
			return o, fmt.Errorf("PORT is %q: give a port number, or 0 for any free one", text)
		}
	}
	flags := flag.NewFlagSet("parley-local", flag.ContinueOnError)
	flags.BoolVar(&o.verbose, "v", false, "show the bodies of events and answers")
	flags.BoolVar(&o.memory, "memory", false, "store tables and queues in memory")
	flags.BoolVar(&o.local.LongRun, "long", false, "for benchmarks: a DynamoDB Local that is slower in the first minutes and faster after them")
	flags.BoolVar(&o.demo, "demo", true, "create the demo app")
	flags.IntVar(&o.local.HTTPPort, "port", port, "port of the HTTP API, 0 for any free one; default from PORT")
	flags.Uint64Var(&o.seed, "seed", 0, "seed of injected faults, 0 for a random one")
	flags.StringVar(&o.local.State, "state", filepath.Join(root, ".local"), "folder of data, logs and run.json")
	flags.StringVar(&o.local.Template, "template", "", "root template (default template.yaml)")
	flags.StringVar(&o.local.Program, "program", "", "program of the functions (default .local/bin/parley)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.local.InMemory, o.local.Seed = o.memory, o.seed
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	screen := newScreen(os.Stdout, o.verbose)
	o.local.Line, o.local.Done, o.local.Note = screen.line, screen.done, screen.note
	o.local.Log = slog.New(slog.NewTextHandler(screen, &slog.HandlerOptions{Level: slog.LevelWarn}))
	screen.note("starting the local cloud")
	stack, err := local.Start(ctx, o.local)
	if err != nil {
		if ctx.Err() != nil {
			return nil // interrupted while it started
		}
		return err
	}
	file := filepath.Join(o.local.State, "run.json")
	_ = os.Remove(file) // a run that was killed leaves it
	defer func() {
		screen.note("stopping")
		stack.Stop()
		if o.memory {
			screen.note("stopped")
			return
		}
		screen.note("stopped; the data is in " + filepath.Join(o.local.State, "data"))
	}()
	var app local.App
	var demoErr error
	if o.demo {
		if app, demoErr = stack.Demo(ctx); demoErr != nil && ctx.Err() != nil {
			return nil
		}
	}
	if err := writeRunFile(file, stack, app); err != nil {
		return err
	}
	defer os.Remove(file)
	screen.welcome(stack, app, o.memory, demoErr)
	select {
	case <-ctx.Done():
		return nil
	case <-stack.DynamoDB.Done():
		return fmt.Errorf("DynamoDB Local ended by itself: see %s", filepath.Join(o.local.State, "log", "dynamodb.log"))
	case <-stack.SQS.Done():
		return fmt.Errorf("ElasticMQ ended by itself: see %s", filepath.Join(o.local.State, "log", "elasticmq.log"))
	}
}

// writeRunFile writes run.json, which scripts read to find the local cloud. Only its
// owner can read it, because it contains the secret of the demo application.
func writeRunFile(file string, s *local.Stack, app local.App) error {
	text, err := json.Marshal(map[string]any{
		"http": s.HTTP, "websocket": s.WebSocket, "sdkappid": app.ID, "secret": app.Secret, "admin": app.Admin, "pid": os.Getpid(),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
