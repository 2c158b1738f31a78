package rie

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/infra/local/backing"
	"parley/infra/testkit/needs"
)

// emulator returns the path of the emulator of this machine. Without one the test is skipped,
// but in CI it fails.
func emulator(t *testing.T) string {
	t.Helper()
	root, err := backing.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := Find(root)
	if err != nil {
		needs.Skip(t, err)
	}
	return path
}

// build builds the program of a package and returns its path.
func build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", program, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return program
}

// TestInvoke shows the answer of a function and its three kinds of failure.
func TestInvoke(t *testing.T) {
	o := Options{Emulator: emulator(t), Program: build(t, "./testdata/echo"), Handler: "test.echo", Timeout: time.Second}
	for _, tc := range []struct {
		do   string
		want string // errorType; empty if the function answers
	}{
		{"answer", ""},
		{"fail", "errorString"},
		{"exit", "Runtime.ExitError"},
		{"sleep", "Function.Timeout"},
	} {
		t.Run(tc.do, func(t *testing.T) {
			var log strings.Builder
			o := o
			o.Log = &log
			e, err := Start(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Stop()
			got, err := e.Invoke(t.Context(), []byte(`{"do":"`+tc.do+`"}`))
			if tc.want != "" {
				var failure *Error
				if !errors.As(err, &failure) || failure.Type != tc.want {
					t.Errorf("got %s, %v, want %s", got, err, tc.want)
				}
				return
			}
			if err != nil {
				e.Stop()
				t.Fatalf("%v\n%s", err, log.String())
			}
			var a struct {
				Handler string
				Event   struct{ Do string }
			}
			if err := json.Unmarshal(got, &a); err != nil || a.Handler != "test.echo" || a.Event.Do != tc.do {
				t.Errorf("got %s, %v, want its handler and its event", got, err)
			}
		})
	}
}

// TestInvokeAgain checks that one emulator can invoke its function several times, and not any
// more after Stop.
func TestInvokeAgain(t *testing.T) {
	e, err := Start(t.Context(), Options{Emulator: emulator(t), Program: build(t, "./testdata/echo"), Handler: "test.echo"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	for range 3 {
		if got, err := e.Invoke(t.Context(), []byte(`{}`)); err != nil || !strings.Contains(string(got), "test.echo") {
			t.Fatalf("got %s, %v, want an answer", got, err)
		}
	}
	e.Stop()
	if _, err := e.Invoke(t.Context(), []byte(`{}`)); err == nil {
		t.Error("got an answer from a stopped emulator")
	}
}

// TestAnswer shows how each response of the emulator is read.
func TestAnswer(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   string // the text of the error
	}{
		{200, `{"statusCode":200}`, ""},
		{200, `null`, ""},
		{200, `[1]`, ""},
		{200, `{"errorMessage":"no","errorType":"E"}`, "E: no"},
		{200, "Task timed out after 1.00 seconds\n", "Function.Timeout: Task timed out after 1.00 seconds"},
		{502, ``, "Runtime.ExitError: "},
		{502, `{"errorMessage":"signal: killed","errorType":"Runtime.ExitError"}`, "Runtime.ExitError: signal: killed"},
	} {
		got, err := Answer(tc.status, []byte(tc.body))
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if problem != tc.want || err == nil && string(got) != tc.body {
			t.Errorf("%d %s: got %s, %q, want %q", tc.status, tc.body, got, problem, tc.want)
		}
	}
}
