package arch

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// plainWords are words in names of exported types that need no entry in the glossary,
// because they mean the same in every program.
func plainWords() []string {
	return []string{
		"actor", "add", "after", "all", "android", "app", "apple", "arrival", "bounds", "change", "changed", "check", "close", "code", "condition", "copy", "count", "creator", "custom", "data",
		"deleted", "deletion", "direction", "directory", "disconnector", "disk", "edit", "edited", "edition", "encoder", "entry", "error", "face", "field", "file", "filter", "form", "format", "forward",
		"hidden", "hour", "id", "image", "info", "job", "key", "kicker", "kind", "last", "limits", "link", "location", "log", "moved", "name", "new", "no", "notice", "notifier", "number", "object", "opened", "option",
		"order", "original", "page", "part", "past", "pending", "peer", "permissions", "policy", "poster", "profile", "push", "query", "queue", "range", "reacted", "reader", "recalled",
		"received", "record", "ref", "relay", "removal", "removed", "remover", "replacement", "request", "result", "saved", "sealer", "search", "secret", "send",
		"sender", "service", "set", "side", "settings", "shown", "snapshot", "sound", "state", "status", "store", "stored", "sync", "synced", "target", "text", "to", "type", "typing", "update",
		"value", "verb", "video", "write",
		"effective", "feature", "cleanup", "end", "role", "capabilitie", "cell", "join", "attribute", "accepted", "addition", "answer", "receive", "joined", "owner", "rate", "delivery",
	}
}

// TestGlossary checks that the name of each exported type of the domain is built from
// words of docs/glossary.md and plain words, and that the glossary is short enough to
// be read.
func TestGlossary(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	words, terms := make(map[string]bool), 0
	explained := regexp.MustCompile(`\*([a-z]+)\*`) // in the entry of another word
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z][a-z -]*) \|.*`).FindAllStringSubmatch(string(text), -1) {
		if m[1] == "word" {
			continue
		}
		terms++
		for word := range strings.FieldsSeq(m[1]) {
			words[word] = true
		}
		for _, word := range explained.FindAllStringSubmatch(m[0], -1) {
			words[word[1]] = true
		}
	}
	if terms < 40 || terms > 60 {
		t.Errorf("docs/glossary.md has %d terms, want 40 to 60", terms)
	}
	known := func(word string) bool {
		word = strings.ToLower(word)
		return words[word] || words[strings.TrimSuffix(word, "s")] || slices.Contains(plainWords(), word) ||
			slices.Contains(plainWords(), strings.TrimSuffix(word, "s"))
	}
	split := regexp.MustCompile(`[A-Z]+(?:[a-z]+|$)`)
	types := 0
	for _, files := range load(t, "shared/domain") {
		for _, s := range files {
			for _, name := range typeNames(s.file) {
				types++
				for _, word := range split.FindAllString(name.Name, -1) {
					if !known(word) {
						t.Errorf("%s: %s: %q is not in docs/glossary.md", s.fset.Position(name.Pos()), name.Name, word)
					}
				}
			}
		}
	}
	if types < 100 {
		t.Errorf("found %d types, want at least 100", types)
	}
}

// typeNames lists the exported types of a file.
func typeNames(file *ast.File) (names []*ast.Ident) {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, spec := range g.Specs {
				if name := spec.(*ast.TypeSpec).Name; name.IsExported() {
					names = append(names, name)
				}
			}
		}
	}
	return names
}
