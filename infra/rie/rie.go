// Package rie runs a function in the Lambda Runtime Interface Emulator, the
// one AWS puts into its images and the SAM CLI into its wheel. It is another
// implementation of the Runtime API than the local cloud's, so that the
// program is not tested against our reading of the API alone.
package rie

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Find answers the emulator for this machine, which `make sam` installs. root
// is the folder of the repository.
func Find(root string) (string, error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("the Lambda emulator runs on Linux, not on %s", runtime.GOOS)
	}
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x86_64"
	}
	pattern := filepath.Join(root, ".local/venv/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-"+arch)
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("the Lambda emulator is not installed: run make sam")
	}
	// A wheel does not always keep the mode of a file.
	return found[0], os.Chmod(found[0], 0o755)
}

// Options of an emulator.
type Options struct {
	Emulator string // of Find
	Program  string // the bootstrap
	Handler  string // the operation
	Timeout  time.Duration
	Env      []string // beside PATH; the function sees nothing else
	Log      io.Writer
}

// An Emulator runs one function, one invocation at a time.
type Emulator struct {
	cmd  *exec.Cmd
	url  string
	done chan struct{}
	mu   sync.Mutex
}

// Start runs an emulator. Its program starts with the first invocation.
func Start(ctx context.Context, o Options) (*Emulator, error) {
	// Another program may take a free port before the emulator does.
	for attempt := 0; ; attempt++ {
		e, err := start(ctx, o)
		if err == nil || attempt == 2 || ctx.Err() != nil {
			return e, err
		}
	}
}

func start(ctx context.Context, o Options) (*Emulator, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(o.Emulator, "--log-level", "error", "--runtime-interface-emulator-address", addresses[0],
		"--runtime-api-address", addresses[1], o.Program, o.Handler)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "_HANDLER=" + o.Handler, "TZ=:UTC",
		fmt.Sprintf("AWS_LAMBDA_FUNCTION_TIMEOUT=%d", int(o.Timeout.Seconds()))}, o.Env...)
	cmd.Stdout, cmd.Stderr = o.Log, o.Log
	// The program is the emulator's child: a group ends with both.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A program that outlives the emulator must not hold up Wait.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the Lambda emulator: %w", err)
	}
	e := &Emulator{cmd: cmd, url: "http://" + addresses[0] + "/2015-03-31/functions/function/invocations", done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // it is always killed
		close(e.done)
	}()
	// The program, which starts with the first invocation, asks the second one.
	for _, address := range addresses {
		if err := e.ready(ctx, address); err != nil {
			e.Stop()
			return nil, err
		}
	}
	return e, nil
}

// ready waits until the emulator listens.
func (e *Emulator) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-e.done:
			return errors.New("the Lambda emulator ended at once")
		case <-ctx.Done():
			return fmt.Errorf("the Lambda emulator does not listen: %w", ctx.Err())
		}
	}
}

// An Error is how a function fails: by its handler's error, by a panic or
// exit, or by its timeout.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Invoke answers what the function answers to an event, or its *Error.
func (e *Emulator) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("invoke: %w", err)
	}
	return Answer(res.StatusCode, body)
}

// Answer tells the three failures of a function apart from its answer, which
// the emulator mixes: an error is 200 with errorMessage, a timeout 200 with
// plain text, and only an exit has a status of its own.
func Answer(status int, body []byte) ([]byte, error) {
	var failure Error
	valid := json.Unmarshal(body, &failure) == nil || json.Valid(body)
	switch {
	case status != http.StatusOK:
		if failure.Message == "" {
			failure = Error{"Runtime.ExitError", strings.TrimSpace(string(body))}
		}
		return nil, &failure
	case !valid:
		return nil, &Error{"Function.Timeout", strings.TrimSpace(string(body))}
	case failure.Message != "" && failure.Type != "":
		return nil, &failure
	}
	return body, nil
}

// Stop ends the emulator and its program. Stopping twice is fine.
func (e *Emulator) Stop() {
	_ = syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL) // it may be gone
	<-e.done
}

func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("no free port: %w", err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
