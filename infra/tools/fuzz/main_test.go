package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestFind checks that only functions of test files are found, and none in testdata or in hidden
// folders.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/a_test.go":          "package a\n\nfunc FuzzOne(f *testing.F) {}\n\nfunc FuzzTwo(f *testing.F) {\n}\n",
		"a/a.go":               "package a\n\nfunc FuzzNot(f *testing.F) {}\n",
		"a/b_test.go":          "package a\n\n// func FuzzComment(f *testing.F)\nfunc Fuzzy(t int) {}\n",
		"a/testdata/x_test.go": "package x\n\nfunc FuzzData(f *testing.F) {}\n",
		".local/x_test.go":     "package x\n\nfunc FuzzHidden(f *testing.F) {}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := find(dir)
	a := filepath.ToSlash(filepath.Join(dir, "a"))
	if want := []target{{a, "FuzzOne"}, {a, "FuzzTwo"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestExecutions checks that the number comes from the last line.
func TestExecutions(t *testing.T) {
	if got := string(executions([]byte("fuzz: elapsed: 3s, execs: 12 (4/sec)\nfuzz: elapsed: 6s, execs: 90 (4/sec)\nPASS\n"))); got != "execs: 90" {
		t.Errorf("got %q, want execs: 90", got)
	}
}
