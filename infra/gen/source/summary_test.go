package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/shared/op"
)

func TestSummary(t *testing.T) {
	for doc, want := range map[string]string{
		"Lists users.":                            "Lists users.",
		"Lists\nusers. A page has 100 of them.":   "Lists users.",
		"Lists users:\n\n - all.\n - some.":       "Lists users:",
		"Lists users (docs/spec/tencent §6.1).\n": "Lists users (docs/spec/tencent §6.1).",
	} {
		if got := Summary(doc); got != want {
			t.Errorf("summary of %q: got %q, want %q", doc, got, want)
		}
	}
}

// followOperation reads an operation whose file has the given text, and the comment of its
// package. The error begins with the path of the file, below the root.
func followOperation(t *testing.T, text string) (doc string, problem string) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "functions", "vendor", "follow")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "get.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(root)
	info, err := s.Operation(&op.Operation{Name: "vendor.follow.get", Func: "follow.get", Triggers: []op.Trigger{{Socket: "follow.get"}}})
	if err == nil {
		_, err = s.Package("vendor", "follow")
	}
	if err == nil {
		return info.Doc, ""
	}
	return "", strings.TrimPrefix(filepath.ToSlash(err.Error()), filepath.ToSlash(root)+"/")
}

func TestSummaryIsAccepted(t *testing.T) {
	for _, c := range []struct{ title, comment, want string }{
		{"a verb after the name", "// get lists who follows a user.", "Lists who follows a user."},
		{"a function of a dialect, which makes an operation", "// get makes the operation that lists users.", "Lists users."},
		{
			"several sentences and paragraphs; only the first sentence needs a full stop",
			"// get lists users. A page has 100\n//\n// of them", "Lists users. A page has 100\n\nof them",
		},
	} {
		text := "// Package follow changes who follows whom.\npackage follow\n\n" + c.comment + "\nfunc get() {}\n"
		if got, problem := followOperation(t, text); got != c.want || problem != "" {
			t.Errorf("%s: got %q, %q, want %q", c.title, got, problem, c.want)
		}
	}
}

// TestSummaryIsRefused checks that an error names the file and the line of the comment.
func TestSummaryIsRefused(t *testing.T) {
	for _, c := range []struct{ title, comment, want string }{
		{"Is", "// get is the older list.", `functions/vendor/follow/get.go:4:1: the comment of get: the summary begins with "Is"`},
		{"Are", "// get are pages of users.", `functions/vendor/follow/get.go:4:1: the comment of get: the summary begins with "Are"`},
		{"Has", "// get has the users.", `functions/vendor/follow/get.go:4:1: the comment of get: the summary begins with "Has"`},
		{"The", "// The users who follow a user.", `functions/vendor/follow/get.go:4:1: the comment of get: the summary begins with "The"`},
		{
			"a lower-case letter, for example the name of another function", "// list returns users.",
			"functions/vendor/follow/get.go:4:1: the comment of get: the summary begins with a lower-case letter",
		},
		{
			"no full stop at the end of the first paragraph", "// get lists users\n//\n// A page has 100.",
			"functions/vendor/follow/get.go:4:1: the comment of get: the summary has no full stop",
		},
		{"no comment", "", "functions/vendor/follow/get.go:5:1: get has no comment"},
	} {
		text := "// Package follow changes who follows whom.\npackage follow\n\n" + c.comment + "\nfunc get() {}\n"
		if _, problem := followOperation(t, text); !strings.HasPrefix(problem, c.want) {
			t.Errorf("%s: got %q, want %q", c.title, problem, c.want)
		}
	}
}

func TestSummaryOfPackageIsRefused(t *testing.T) {
	for _, c := range []struct{ title, comment, want string }{
		{
			"Is", "// Package follow is the service follow: who follows whom.",
			`functions/vendor/follow/get.go:1:1: the comment of Package follow: the summary begins with "Is"`,
		},
		{
			"no full stop", "// Package follow changes who follows whom",
			"functions/vendor/follow/get.go:1:1: the comment of Package follow: the summary has no full stop",
		},
		{"no comment", "", "functions/vendor/follow/get.go:2:1: Package follow has no comment"},
	} {
		text := c.comment + "\npackage follow\n\n// get lists users.\nfunc get() {}\n"
		if _, problem := followOperation(t, text); !strings.HasPrefix(problem, c.want) {
			t.Errorf("%s: got %q, want %q", c.title, problem, c.want)
		}
	}
}
