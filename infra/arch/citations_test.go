package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// citation is how a text names a document of this repository, with the number of a
// section if it names one: "docs/spec/tencent §6.1", "docs/data-model.md §5",
// "docs/adr/0010". A section that follows on the same line is of the same document:
// "docs/spec/tencent §6.1, §6.3". A section of an RFC is not ours.
var citation = regexp.MustCompile(`docs/(spec/[a-z]+|adr/\d{4}|[a-z0-9-]+\.md)(?: §(\d+(?:\.\d+)?))?|RFC \d+ §[\d.]+|§(\d+(?:\.\d+)?)`)

// privateText matches the citation of a text that is not in the repository.
var privateText = regexp.MustCompile(`(?i)\b(core|groups?|webhooks?) spec\b|\bseed \d{3}\b|shared/(spec|seeds|review)`)

// TestCitations checks that every file and every section number that a comment, a
// case table or a document cites exists in the repository. In code and case tables a
// section number needs a document before it on its line. In documents a number without
// one is a section of the document itself, and is not checked.
func TestCitations(t *testing.T) {
	sections := make(map[string]map[string]bool) // numbers by document, which is named as in a citation
	headings := regexp.MustCompile(`(?m)^#+ (\d+(?:\.\d+)?)\.? `)
	read := func(document, pattern string) {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			return
		}
		sections[document] = make(map[string]bool)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range headings.FindAllStringSubmatch(string(text), -1) {
				sections[document][m[1]] = true
			}
		}
	}
	cited := 0
	for _, file := range texts(t) {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			document := "" // the last one that the line names
			for _, m := range citation.FindAllStringSubmatch(line, -1) {
				section := m[2]
				switch {
				case m[1] != "":
					document = m[1]
				case m[3] == "" || !namesDocuments(file):
					continue
				case document == "":
					t.Errorf("%s:%d: §%s names no document", file, i+1, m[3])
					continue
				default:
					section = m[3]
				}
				if _, known := sections[document]; !known {
					switch {
					case strings.HasPrefix(document, "spec/"):
						read(document, "docs/"+document+"/*.md")
					case strings.HasPrefix(document, "adr/"):
						read(document, "docs/"+document+"-*.md")
					default:
						read(document, "docs/"+document)
					}
				}
				switch found, known := sections[document]; {
				case !known:
					t.Errorf("%s:%d: there is no docs/%s", file, i+1, document)
				case section != "" && !found[section]:
					t.Errorf("%s:%d: docs/%s has no section %s", file, i+1, document, section)
				}
				cited++
			}
			if m := privateText.FindString(line); m != "" && !strings.HasSuffix(file, "citations_test.go") {
				t.Errorf("%s:%d: %q is not in the repository", file, i+1, m)
			}
		}
	}
	if cited < 500 {
		t.Errorf("found %d citations, want hundreds", cited)
	}
}

// namesDocuments reports whether a section number in a file needs a document: in code and in case
// tables.
func namesDocuments(file string) bool {
	switch filepath.Ext(file) {
	case ".go", ".txt", ".ts", ".tsx":
		return true
	}
	return false
}

// texts lists the files that people read: code, cases and documents.
func texts(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case "node_modules", ".local", ".git", "dist", "build", ".aws-sam":
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".txt", ".md", ".ts", ".tsx", ".tsv":
			name, err := filepath.Rel(root, path)
			files = append(files, name)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
