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

// TestMarkdownLinks checks that each link from a document into a heading, of the same document or of
// another one, finds that heading. Example: after a section of roadmap.md was removed, its table of
// contents still had it.
func TestMarkdownLinks(t *testing.T) {
	anchors := make(map[string]map[string]bool) // by file
	link := regexp.MustCompile(`\]\(([^)#\s:]*)#([^)\s]+)\)`)
	checked := 0
	for _, file := range texts(t) {
		if filepath.Ext(file) != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target := file
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(file), m[1])
			}
			if filepath.Ext(target) != ".md" {
				continue
			}
			if anchors[target] == nil {
				if anchors[target], err = headings(target); err != nil {
					t.Errorf("%s links to %s: %v", file, m[1], err)
					continue
				}
			}
			checked++
			if !anchors[target][m[2]] {
				t.Errorf("%s links to %s#%s, and there is no such heading", file, m[1], m[2])
			}
		}
	}
	if checked < 50 {
		t.Errorf("checked %d links", checked)
	}
}

// headings returns the names by which links find the headings of a document: the words of a heading
// in lower case, without punctuation, joined by hyphens.
func headings(file string) (map[string]bool, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	dropped := regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
	names := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.+)$`).FindAllStringSubmatch(string(text), -1) {
		names[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return names, nil
}
