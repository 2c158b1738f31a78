// Command withdb starts a DynamoDB Local and runs a command. So the test packages of one run
// share one server:
//
//	go run ./infra/tools/withdb -- go test ./...
//
// With -long before the command, DynamoDB Local is one for benchmarks: slower in the first
// minutes and faster after them.
//
// If the variable AWS_ENDPOINT_URL_DYNAMODB names a server, that one is used and none is
// started. The exit code is that of the command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"parley/infra/local/backing"
)

func main() {
	long := flag.Bool("long", false, "a DynamoDB Local for benchmarks")
	flag.Parse()
	args := flag.Args()
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withdb [-long] [--] command [argument...]")
		os.Exit(2)
	}
	// Ctrl-C and SIGTERM end the command, too. Withdb waits for it and stops the database.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, *long, args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "withdb:", err)
	}
	os.Exit(code)
}

// run runs the command and returns its exit code. It returns 1 and an error if anything else
// fails.
func run(ctx context.Context, long bool, args []string) (code int, err error) {
	db, err := backing.DynamoDB(ctx, backing.Options{
		InMemory: true, LongRun: long,
		Note: func(text string) { fmt.Fprintln(os.Stderr, text) },
	})
	if err != nil {
		return 1, err
	}
	defer func() {
		if e := db.Stop(); e != nil {
			code, err = max(code, 1), errors.Join(err, e)
		}
	}()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL_DYNAMODB="+db.Endpoint())
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
