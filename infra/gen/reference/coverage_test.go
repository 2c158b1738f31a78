package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/functions/catalog"
)

// TestCoverage checks that every documented error number is in the answer of a case. The
// exceptions are listed in testdata/uncovered.txt. Do not add lines to that file: write the
// missing case.
func TestCoverage(t *testing.T) {
	entries, _ := described(t)
	list, err := coverage(root, entries)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, e := range list {
		if e.cases == 0 && !e.everywhere {
			missing = append(missing, fmt.Sprint(e.operation, " ", e.number))
		}
	}
	text, err := os.ReadFile("testdata/uncovered.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range missing {
		if !slices.Contains(known, line) {
			t.Errorf("no case has an answer with the error number: %s", line)
		}
	}
	for _, line := range known {
		if line != "" && !slices.Contains(missing, line) {
			t.Errorf("testdata/uncovered.txt: %s has a case now, or is not documented any more: remove the line", line)
		}
	}
}

// TestCasesByNumber reads a table with all fields that an answer may have an error number
// in: ErrorCode, ResultCode, RetCode, Result, Code and code.
func TestCasesByNumber(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "functions", "s", "g", "testdata")
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	table := "-- case: one --\nx\n-- request --\n{\"code\":5}\n-- response --\n{\"ErrorCode\":1,\"R\":[{\"ResultCode\":2},{\"ResultCode\":2}]}\n" +
		"-- response --\n{\"R\":[{\"RetCode\":3},{\"Result\":4},{\"Result\":10004},{\"Code\":6}]}\n" +
		"-- response --\n{\"code\":1}\n-- case: two --\nx\n-- response --\n{\"code\":1}\n"
	if err := os.WriteFile(filepath.Join(path, "o.txt"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	o := catalog.All()[0]
	o.Name = "s.g.o"
	got, err := casesByNumber(dir, entry{Operation: &o})
	if want := map[int]int{1: 2, 2: 1, 3: 1, 6: 1, 10004: 1}; err != nil || !maps.Equal(got, want) {
		t.Errorf("casesByNumber = %v, %v, want %v", got, err, want)
	}
}
