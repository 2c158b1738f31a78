package testkit

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/infra/iam"
	"parley/shared/store/schema"
)

// exercises collects the actions of DynamoDB that the calls of a server's worlds exercise.
type exercises struct {
	mu   sync.Mutex
	seen iam.Exercised
}

// forget begins the measurement of an operation.
func (e *exercises) forget(operation string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = make(iam.Exercised)
	}
	e.seen[operation] = make(map[string][]string)
}

// add notes the requests of a call.
func (e *exercises) add(operation string, requests []iam.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen[operation] == nil {
		return // its table does not run
	}
	keys := schema.New()
	for _, r := range requests {
		action, ok := strings.CutPrefix(r.Action, "dynamodb:")
		if !ok {
			continue
		}
		if strings.Contains(r.Resource, "/index/") {
			action = schema.QueryIndex
		}
		for _, key := range r.Keys {
			for _, table := range schema.Tables() {
				if a, ok := keys.AggregateOfPartition(table, key); ok {
					e.seen.Add(operation, string(a), action)
				}
			}
		}
	}
}

// check compares what the case table of an operation exercised with the file of its group.
// With -update it writes the file.
func (e *exercises) check(t *testing.T, operation string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	path := filepath.Join("testdata", iam.ExercisedFile)
	file, err := iam.ReadExercised(path)
	if err != nil {
		t.Fatal(err)
	}
	got, want := e.seen[operation], file[operation]
	if maps.EqualFunc(got, want, slices.Equal) {
		return
	}
	if !Updating() {
		t.Errorf("%s exercises\n\t%v\nbut %s has\n\t%v\nIf that is right, run the test with -update, and make generate.", operation, got, path, want)
		return
	}
	file[operation] = got
	if err := os.WriteFile(path, file.Format(), 0o644); err != nil { // a test's own file
		t.Fatal(err)
	}
}
