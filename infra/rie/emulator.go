// Package rie runs a function in the Lambda Runtime Interface Emulator of AWS, which is part
// of AWS's base images and of the SAM CLI. The local cloud has its own implementation of the
// Runtime API. The emulator shows that the program works with AWS's implementation, too.
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

// Find returns the path of the emulator for this machine. `make sam` installs it. root is the
// folder of the repository.
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
	// Pip does not always make the file executable.
	return found[0], os.Chmod(found[0], 0o755)
}

// Options of an emulator.
type Options struct {
	Emulator string        // the path that Find returns
	Program  string        // the path of the bootstrap
	Handler  string        // the name of the operation
	Timeout  time.Duration // 30 s if it is 0
	Env      []string      // the function gets these variables and PATH, and no others of this process
	Log      io.Writer     // what the emulator and the function print; may be nil
}

// An Emulator runs one function, one invocation at a time.
type Emulator struct {
	cmd  *exec.Cmd
	url  string
	done chan struct{}
	mu   sync.Mutex
}

// Start runs an emulator. The emulator starts the program at the first invocation.
func Start(ctx context.Context, o Options) (*Emulator, error) {
	// Another process may take a free port before the emulator does. Then Start tries others.
	for attempt := 0; ; attempt++ {
		e, err := start(ctx, o)
		if err == nil || attempt == 2 || ctx.Err() != nil {
			return e, err
		}
	}
}

// start makes one attempt to run an emulator.
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
	// The program is a child of the emulator. Stop kills both, as a process group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Wait must return even if the program still runs and holds the log open.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the Lambda emulator: %w", err)
	}
	e := &Emulator{cmd: cmd, url: "http://" + addresses[0] + "/2015-03-31/functions/function/invocations", done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the error says that the process was killed, which is how it always ends
		close(e.done)
	}()
	// The first address takes invocations. The program, once it runs, asks the second one for
	// them.
	for _, address := range addresses {
		if err := e.ready(ctx, address); err != nil {
			e.Stop()
			return nil, err
		}
	}
	return e, nil
}

// ready waits until the emulator listens on an address.
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
			return errors.New("the Lambda emulator ended before it listened")
		case <-ctx.Done():
			return fmt.Errorf("the Lambda emulator does not listen: %w", ctx.Err())
		}
	}
}

// An Error is the failure of a function: an error of its handler, a panic, an exit, or a
// timeout.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Invoke sends an event to the function and returns its answer. If the function fails, the
// error is an *Error.
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

// Answer returns the answer of a function from what the emulator responds, or the *Error of a
// function that failed. The emulator has the status 200 for an error of the handler, with
// errorMessage in the body, and also for a timeout, with plain text in the body. Only an exit
// of the program has another status.
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

// Stop kills the emulator and its program. It may be called again.
func (e *Emulator) Stop() {
	_ = syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL) // the process may have ended already
	<-e.done
}

// freeAddresses returns addresses of this machine that no process listens on.
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
