package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how long a line of Markdown may be.
const maxColumns = 120

// long matches what cannot be broken: a row of a table, a heading, and a link with its
// address.
var long = regexp.MustCompile(`^\s*\||^#|\]\([^)]*\)|https?://`)

// TestMarkdownLines checks that the lines of documents that people write are at most 120
// columns long. Rows of tables, blocks of code and lines with a link may be longer.
func TestMarkdownLines(t *testing.T) {
	checked := 0
	for _, file := range texts(t) {
		if filepath.Ext(file) != ".md" || strings.HasPrefix(file, "docs/reference/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "<!-- Generated") {
			continue
		}
		inCode := false
		for i, line := range strings.Split(string(text), "\n") {
			checked++
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				inCode = !inCode
			}
			if n := utf8.RuneCountInString(line); n > maxColumns && !inCode && !long.MatchString(line) && !strings.HasPrefix(line, "    ") {
				t.Errorf("%s:%d has %d columns, at most %d are allowed", file, i+1, n, maxColumns)
			}
		}
	}
	if checked < 1000 {
		t.Errorf("checked %d lines", checked)
	}
}
