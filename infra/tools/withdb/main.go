// Withdb runs a command with one DynamoDB Local for the whole of it, so that
// the test packages of one run share a server:
//
//	go run ./infra/tools/withdb -- go test ./...
//
// A server named by AWS_ENDPOINT_URL_DYNAMODB is used as it is. The exit code
// is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"parley/infra/local/backing"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withdb [--] command [argument...]")
		os.Exit(2)
	}
	// Ctrl-C and SIGTERM reach the command too; what is left to do here is to
	// wait for it and to stop the database.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "withdb:", err)
	}
	os.Exit(code)
}

// run answers the exit code of the command, and 1 with every other failure.
func run(ctx context.Context, args []string) (code int, err error) {
	db, err := backing.DynamoDB(ctx, backing.Options{
		InMemory: true,
		Note:     func(text string) { fmt.Fprintln(os.Stderr, text) },
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
