package sam

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/infra/local/backing"
	"parley/infra/rie"
)

// engine is shared by the tests, which skip or fail without one.
func engine(t *testing.T) *Engine {
	t.Helper()
	root, err := backing.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sam"); err != nil {
		missing(t, errors.New("SAM CLI is not installed: run make sam"))
	}
	e, err := Start(t.Context(), filepath.Join(root, ".local", "podman"))
	if errors.Is(err, ErrNone) {
		missing(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// missing skips a test for want of a tool, but not where all tests must run.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// database is the address of DynamoDB Local for a container of the engine.
func database(t *testing.T, e *Engine) string {
	t.Helper()
	db, err := backing.DynamoDB(t.Context(), backing.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(db.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + e.Machine + ":" + address.Port()
}

// build makes the folder of a function's code.
func build(t *testing.T, pkg string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", filepath.Join(dir, "bootstrap"), pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return dir
}

// A function of a nested stack gets its event, reaches the database of this
// machine, and its failure is told.
func TestInvokeEcho(t *testing.T) {
	e := engine(t)
	template, err := Stage("testdata/echo/template.yaml", t.TempDir(), build(t, "../rie/testdata/echo"), []string{"AWS_ENDPOINT_URL_DYNAMODB"})
	if err != nil {
		t.Fatal(err)
	}
	call := Call{
		Template: template, Function: "Nested/Echo", Event: []byte(`{"do":"database"}`),
		Env: map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": database(t, e)},
	}
	got, err := e.Invoke(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	var a struct{ Handler, Database string }
	if err := json.Unmarshal(got, &a); err != nil || a.Handler != "test.echo" || !strings.Contains(a.Database, "com.amazonaws.dynamodb") {
		t.Errorf("got %s, %v, want its handler and what DynamoDB answers", got, err)
	}
	call.Event = []byte(`{"do":"fail"}`)
	var failure *rie.Error
	if got, err := e.Invoke(t.Context(), call); !errors.As(err, &failure) || failure.Message != "asked to fail" {
		t.Errorf("got %s, %v, want the function's error", got, err)
	}
}
