package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func block(t *testing.T, readme string) (out, problem string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte(readme), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, ".ci/readme-block"), path, "ci:install")
	var errors strings.Builder
	cmd.Stderr = &errors
	text, err := cmd.Output()
	return string(text), errors.String(), err
}

// CI runs the README's install line word for word: what it takes from the file
// is what stands in the marked block, wherever that is and however long.
func TestInstallLine(t *testing.T) {
	const mark, fence = "<!-- ci:install -->\n", "```\n"
	for _, c := range []struct{ name, readme, want string }{
		{"as it is", mark + "```sh\none\n" + fence, "one\n"},
		{"with an empty line between", mark + "\n```sh\none\n" + fence, "one\n"},
		{"of several lines", "text\n```sh\nnot this\n" + fence + mark + "```bash\none\ntwo\n\nthree\n" + fence + "```sh\nnor this\n" + fence, "one\ntwo\n\nthree\n"},
		{"without a mark", "```sh\none\n" + fence, ""},
		{"with text behind the mark", mark + "Some words.\n\n```sh\none\n" + fence, ""},
		{"without lines", mark + "```sh\n" + fence, ""},
	} {
		got, problem, err := block(t, c.readme)
		if got != c.want || (err != nil) != (c.want == "") || (err != nil) != strings.Contains(problem, "no code block") {
			t.Errorf("%s: got %q, %v, %s, want %q", c.name, got, err, problem, c.want)
		}
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := block(t, string(readme))
	if err != nil || !strings.Contains(got, "apt-get install") || !strings.Contains(got, "$(cat .ci/packages)") || !strings.Contains(string(readme), got) {
		t.Errorf("the README's line: got %q, %v", got, err)
	}
}

// The fonts that the browser tests see are in the install line.
func TestFontsAreInstalled(t *testing.T) {
	packages, err := os.ReadFile(filepath.Join(root, ".ci/packages"))
	if err != nil {
		t.Fatal(err)
	}
	fonts, err := os.ReadFile(filepath.Join(root, "web/e2e/fonts/fonts.conf"))
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]string{
		"DejaVu Sans": "fonts-dejavu-core", "DejaVu Sans Mono": "fonts-dejavu-core", "DejaVu Serif": "fonts-dejavu-core",
		"Noto Color Emoji": "fonts-noto-color-emoji",
	}
	families := strings.Split(string(fonts), "<string>")[1:]
	if len(families) != len(from) {
		t.Errorf("fonts.conf has %d families, want %d", len(families), len(from))
	}
	for _, text := range families {
		family, _, _ := strings.Cut(text, "<")
		if pkg := from[family]; pkg == "" || !slices.Contains(strings.Fields(string(packages)), pkg) {
			t.Errorf("the family %q is of package %q, which .ci/packages does not have", family, pkg)
		}
	}
}
