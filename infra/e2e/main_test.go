package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/infra/local"
	"parley/infra/local/backing"
	"parley/infra/local/lambda"
)

// maxWait is how long a test waits for a condition. It is long, because the machine may
// be busy with other things.
const maxWait = 3 * time.Minute

// TestMain makes these once: the program of the functions, the command that runs the
// local cloud, and the stack that most tests share.
var (
	program, command string
	shared           *cloud
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// run builds the programs, starts the shared stack, and runs the tests.
func run(m *testing.M) (code int, err error) {
	// The servers that make test has started are for other tests. Each stack starts
	// its own.
	for _, name := range []string{"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"} {
		if err := os.Unsetenv(name); err != nil {
			return 1, err
		}
	}
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	root, err := backing.Root()
	if err != nil {
		return 1, err
	}
	program, command = filepath.Join(dir, "parley"), filepath.Join(dir, "parley-local")
	for _, build := range [][]string{
		{"-trimpath", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", program, "./functions"},
		{"-o", command, "./infra/local/cmd/parley-local"},
	} {
		cmd := exec.Command("go", append([]string{"build"}, build...)...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build %s: %w\n%s", build[len(build)-1], err, out)
		}
	}
	if shared, err = newCloud(local.Options{State: filepath.Join(dir, "shared")}); err != nil {
		return 1, err
	}
	defer shared.stack.Stop()
	return m.Run(), nil
}

// cloud is a local cloud in this process, and a record of what its functions did.
type cloud struct {
	stack *local.Stack

	mu     sync.Mutex
	calls  []lambda.Record
	lines  []lambda.Report
	faults []string // log lines of calls that failed by an error of the server
}

// newCloud starts a local cloud in memory.
func newCloud(o local.Options) (*cloud, error) {
	c := &cloud{}
	o.Program, o.InMemory = program, true
	o.Done, o.Line = c.done, c.line
	var err error
	if c.stack, err = local.Start(context.Background(), o); err != nil {
		return nil, fmt.Errorf("start the local cloud: %w", err)
	}
	// On a busy machine, the first call to a database that has just started can take
	// longer than the timeout of the function. No test is about that.
	var last error
	if await(context.Background(), maxWait, func() bool {
		last = c.endpoints().operator("app.create", fields{"Name": "warm"}, &struct{}{})
		return last == nil
	}) != nil {
		c.stack.Stop()
		return nil, fmt.Errorf("the first call: %w", last)
	}
	return c, nil
}

// ownCloud starts a local cloud for one test.
func ownCloud(t *testing.T, o local.Options) *cloud {
	t.Helper()
	o.State = t.TempDir()
	c, err := newCloud(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.stack.Stop)
	return c
}

// done records an invocation.
func (c *cloud) done(r lambda.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r)
}

// line records a log line.
func (c *cloud) line(_, text string) {
	if r, ok := lambda.ParseReport(text); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lines = append(c.lines, r)
		if r.Outcome == "fault" {
			c.faults = append(c.faults, text)
		}
	}
}

// failOnFault makes a test fail if any function of the cloud fails by an error of the
// server until the test ends.
func (c *cloud) failOnFault(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	before := len(c.faults)
	c.mu.Unlock()
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, line := range c.faults[before:] {
			t.Errorf("a function failed: %s", line)
		}
	})
}

// invocations returns the invocations of a function that have ended so far.
func (c *cloud) invocations(function string) []lambda.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []lambda.Record
	for _, r := range c.calls {
		if r.Function == function {
			out = append(out, r)
		}
	}
	return out
}

// reports returns the log lines that a function has written so far.
func (c *cloud) reports(function string) []lambda.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []lambda.Report
	for _, r := range c.lines {
		if r.Operation == function {
			out = append(out, r)
		}
	}
	return out
}

// connection returns the id of the newest connection of a device.
func (c *cloud) connection(t *testing.T, d *device) string {
	t.Helper()
	id := ""
	for _, r := range c.invocations("client.session.connect") {
		var event struct {
			Context struct {
				ID         string `json:"connectionId"`
				Authorizer struct{ App, User, Instance string }
			} `json:"requestContext"`
		}
		if err := json.Unmarshal(r.Event, &event); err != nil {
			t.Fatal(err)
		}
		a := event.Context.Authorizer
		if a.App == fmt.Sprint(d.app.id) && a.User == d.user && a.Instance == d.instance {
			id = event.Context.ID
		}
	}
	if id == "" {
		t.Fatalf("no connection of %s", d)
	}
	return id
}

// eventually waits until ok returns true. The test fails if that takes longer than
// maxWait.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if err := await(context.Background(), maxWait, ok); err != nil {
		t.Fatalf("%s: not within %v", what, maxWait)
	}
}

// await calls ok until it returns true.
func await(ctx context.Context, within time.Duration, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// deadline is a context for one step of a test, which ends after maxWait.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), maxWait)
	t.Cleanup(cancel)
	return ctx
}

// seed is the seed of all random numbers of a test.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano()) >> 12
	if text := os.Getenv("PARLEY_E2E_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("PARLEY_E2E_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d: repeat with PARLEY_E2E_SEED=%d", n, n)
		}
	})
	return n
}

// errStatus is an HTTP answer that does not come from an operation.
type errStatus struct {
	status int
	text   string
}

func (e errStatus) Error() string { return fmt.Sprintf("status %d: %.200s", e.status, e.text) }

// send makes one HTTP call and reads the whole answer.
func send(request *http.Request) (int, []byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, errors.Join(err)
}
