package reference

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/functions/catalog"
)

// TestCoverage: an error that is documented has a case that shows it. What has
// none stands in testdata/uncovered.txt, which may only shrink: a new line there
// is a case that was not written.
func TestCoverage(t *testing.T) {
	entries, _ := sources(t)
	list, err := coverage(root, entries)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, s := range list {
		if s.cases == 0 {
			missing = append(missing, fmt.Sprint(s.operation, " ", s.number))
		}
	}
	text, err := os.ReadFile("testdata/uncovered.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range missing {
		if !slices.Contains(known, line) {
			t.Errorf("no case shows %s", line)
		}
	}
	for _, line := range known {
		if line != "" && !slices.Contains(missing, line) {
			t.Errorf("testdata/uncovered.txt: %s has a case now, or is documented no more: remove the line", line)
		}
	}
}

// TestAnswered reads a table that has every way of naming a number.
func TestAnswered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "functions", "s", "g", "testdata")
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	table := "-- case: one --\nx\n-- request --\n{\"code\":5}\n-- response --\n{\"ErrorCode\":1,\"R\":[{\"ResultCode\":2},{\"ResultCode\":2}]}\n" +
		"-- response --\n{\"code\":1}\n-- case: two --\nx\n-- response --\n{\"code\":1}\n"
	if err := os.WriteFile(filepath.Join(path, "o.txt"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	o := catalog.All()[0]
	o.Name = "s.g.o"
	got, err := answered(dir, entry{Operation: &o})
	if err != nil || len(got) != 2 || got[1] != 2 || got[2] != 1 {
		t.Errorf("answered = %v, %v, want 1: 2 cases, 2: 1 case", got, err)
	}
}
