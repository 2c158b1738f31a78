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
	"parley/infra/testkit/needs"
)

// engine starts a container engine for a test. Without one the test is skipped, but in CI it
// fails.
func engine(t *testing.T) *Engine {
	t.Helper()
	root, err := backing.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sam"); err != nil {
		needs.Skip(t, errors.New("SAM CLI is not installed: run make sam"))
	}
	e, err := Start(t.Context(), filepath.Join(root, ".local", "podman"))
	if errors.Is(err, ErrNone) {
		needs.Skip(t, err)
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

// database starts a DynamoDB Local and returns its address as a container of the engine sees it.
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

// build builds a package, and returns the folder of the code of a function.
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

// TestInvokeEcho checks that a function in a nested stack receives its event, can call DynamoDB
// Local on this machine, and that its failure is returned as a *rie.Error.
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
