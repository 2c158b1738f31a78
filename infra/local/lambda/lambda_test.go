package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/infra/local/template"
)

// program builds testdata/echo and returns the path of the binary.
func program(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "echo")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, "./testdata/echo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build echo: %v\n%s", err, out)
	}
	return file
}

func service(t testing.TB, o Options, functions ...template.Function) *Service {
	t.Helper()
	if o.Program == "" {
		o.Program = program(t)
	}
	if functions == nil {
		functions = []template.Function{{Handler: "tiny.echo", Name: "tiny", ARN: "arn:tiny", Memory: 128, Timeout: time.Minute, Environment: map[string]string{"TABLE_CORE": "core"}}}
	}
	s := New(functions, o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.Stop(ctx)
		until(t, "no instances are left after Stop", func() bool { return s.Stats().Running == 0 })
	})
	return s
}

// patience is how long until waits for a condition. It is long because the
// machine may be busy with other work.
const patience = 2 * time.Minute

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func TestInvokeReturnsWhatTheFunctionDid(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "/inherited")
	s := service(t, Options{DynamoDB: "http://db", SQS: "http://q"})
	for _, c := range []struct {
		event, want, kind string
		cold              bool
	}{
		{event: `{"a":1}`, want: `{"a":1}`, cold: true},
		{event: `{"Repeat":true}`, want: `2`},
		{event: `{"Env":"_HANDLER"}`, want: `"tiny.echo"`},
		{event: `{"Env":"TABLE_CORE"}`, want: `"core"`},
		{event: `{"Env":"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"}`, want: `"128"`},
		{event: `{"Env":"AWS_ENDPOINT_URL_DYNAMODB"}`, want: `"http://db"`},
		{event: `{"Env":"AWS_ENDPOINT_URL_SQS"}`, want: `"http://q"`},
		{event: `{"Env":"AWS_ACCESS_KEY_ID"}`, want: `"LOCAL000001XTINYECHO"`},
		{event: `{"Env":"AWS_CA_BUNDLE"}`, want: `""`}, // the environment of the local cloud is not inherited
		{event: `{"Fail":"no"}`, want: `{"errorMessage":"no","errorType":"errorString"}`, kind: "Unhandled"},
		{event: `{"Repeat":true}`, want: `11`}, // an error does not end the process, so its counter goes on
		{event: `{"Exit":7}`, want: `Runtime exited with error: exit status 7`, kind: "Unhandled"},
		{event: `{"Repeat":true}`, want: `1`, cold: true},
		{event: `{"Panic":true}`, want: `at the handler`, kind: "Unhandled"},
		{event: `{"Big":7000000}`, want: `Function.ResponseSizeTooLarge`, kind: "Unhandled", cold: true},
	} {
		got, err := s.Invoke(t.Context(), "tiny.echo", []byte(c.event))
		if err != nil {
			t.Fatalf("%s: %v", c.event, err)
		}
		if !strings.Contains(string(got.Payload), c.want) || got.FunctionError != c.kind || got.Cold != c.cold {
			t.Errorf("%s: got %.200s, error %q, cold %v; want %s, %q, %v", c.event, got.Payload, got.FunctionError, got.Cold, c.want, c.kind, c.cold)
		}
	}
	if _, err := s.Invoke(t.Context(), "tiny.other", nil); err == nil {
		t.Error("an unknown function was invoked")
	}
}

func TestTimeoutEndsTheInstance(t *testing.T) {
	s := service(t, Options{}, template.Function{Handler: "slow", Timeout: 150 * time.Millisecond})
	got, err := s.Invoke(t.Context(), "slow", []byte(`{"Sleep":5000}`))
	if err != nil || got.FunctionError != "Unhandled" || !strings.Contains(string(got.Payload), "Task timed out after 0.15 seconds") {
		t.Errorf("got %s %v, want a timeout", got.Payload, err)
	}
	if got, _ := s.Invoke(t.Context(), "slow", []byte(`{"Repeat":true}`)); string(got.Payload) != "1" || !got.Cold {
		t.Errorf("after the timeout: got %s cold %v, want a new instance", got.Payload, got.Cold)
	}
	if got := s.Stats(); got.Timeouts != 1 || got.ColdStarts != 2 || got.Invocations != 2 {
		t.Errorf("stats: got %+v", got)
	}
}

// Concurrent invocations run on instances of their own, up to the limit. One above
// the limit waits until an instance is free or until its context ends.
func TestConcurrentInvocationsRespectTheLimit(t *testing.T) {
	var running atomic.Int64
	s := service(t, Options{Limit: 3, Line: func(string, string) { running.Add(1) }})
	file := filepath.Join(t.TempDir(), "gate")
	var wait sync.WaitGroup
	for range 9 {
		wait.Go(func() {
			if got, err := s.Invoke(t.Context(), "tiny.echo", fmt.Appendf(nil, `{"Until":%q}`, file)); err != nil || got.FunctionError != "" {
				t.Errorf("got %s, %v", got.Payload, err)
			}
		})
	}
	until(t, "three invocations run", func() bool { return running.Load() == 3 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Invoke(ctx, "tiny.echo", []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an invocation above the limit: got %v, want the end of its context", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	// The invocation that was not run is counted after its caller has its answer.
	until(t, "all invocations are counted", func() bool { return s.Stats().Invocations == 10 })
	if got := s.Stats(); got.ColdStarts != 3 || got.Running != 3 {
		t.Errorf("stats: got %+v, want 3 instances for 9 invocations, and one more that was not run", got)
	}
}

func TestIdleInstanceStops(t *testing.T) {
	s := service(t, Options{Idle: 50 * time.Millisecond})
	if _, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	until(t, "the idle instance stops", func() bool { return s.Stats().Running == 0 })
	if got, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`)); err != nil || !got.Cold {
		t.Errorf("got cold %v, %v, want a cold start", got.Cold, err)
	}
}

// If an instance is killed while it handles an event, the result is a function
// error. If it is killed while idle, the next invocation runs on a new instance.
func TestKillEndsAnInstance(t *testing.T) {
	s := service(t, Options{})
	first, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { s.Kill(first.Instance) })
	got, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{"Sleep":50000}`))
	if err != nil || !strings.Contains(string(got.Payload), "signal: killed") {
		t.Errorf("killed while busy: got %s, %v", got.Payload, err)
	}
	second, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`))
	if err != nil || second.Instance == first.Instance {
		t.Fatalf("got %+v, %v, want another instance", second, err)
	}
	s.Kill(second.Instance)
	if third, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`)); err != nil || third.FunctionError != "" || !third.Cold {
		t.Errorf("killed while idle: got %+v, %v", third, err)
	}
}

func TestProgramThatExitsAtOnceIsAFunctionError(t *testing.T) {
	s := service(t, Options{Environment: map[string]string{"BROKEN": "1"}})
	got, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`))
	if err != nil || !strings.Contains(string(got.Payload), "exit status 3") || got.FunctionError != "Unhandled" {
		t.Errorf("got %s, %v", got.Payload, err)
	}
	if _, err := service(t, Options{Program: "/nowhere"}).Invoke(t.Context(), "tiny.echo", nil); err == nil {
		t.Error("a missing program was run")
	}
}

func TestLineReceivesReports(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	s := service(t, Options{Line: func(f, line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, f+" "+line)
	}})
	if _, err := s.Invoke(t.Context(), "tiny.echo", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	until(t, "the line arrives", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(lines) > 0
	})
	mu.Lock()
	defer mu.Unlock()
	if len(lines) != 1 {
		t.Fatalf("got %q, want one line", lines)
	}
	got, ok := ParseReport(strings.TrimPrefix(lines[0], "tiny.echo "))
	want := Report{Message: "call", Operation: "tiny.echo", Outcome: "ok", Duration: 1.5, Cold: true, W: 2, R: 0.5}
	if !ok || got != want {
		t.Errorf("got %+v %v, want %+v", got, ok, want)
	}
}

func BenchmarkWarmInvocation(b *testing.B) {
	s := service(b, Options{})
	for b.Loop() {
		if _, err := s.Invoke(b.Context(), "tiny.echo", []byte(`{"a":1}`)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkColdInvocation(b *testing.B) {
	s := service(b, Options{})
	for b.Loop() {
		if got, err := s.Invoke(b.Context(), "tiny.echo", []byte(`{"a":1}`)); err != nil || !got.Cold {
			b.Fatal(fmt.Sprint(got.Cold, err))
		}
		s.EndIdle()
	}
}
