package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installCommand runs .ci/readme-block on a README. It returns what the script prints
// to stdout and to stderr.
func installCommand(t *testing.T, readme string) (out, problem string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte(readme), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(root, ".ci/readme-block"), path, "ci:install")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	return string(text), stderr.String(), err
}

// TestReadmeInstallCommand checks how CI finds the install command, which it runs
// exactly as the README has it: it is the code block after the marker, wherever the
// block is and however many lines it has.
func TestReadmeInstallCommand(t *testing.T) {
	const marker, fence = "<!-- ci:install -->\n", "```\n"
	for _, c := range []struct{ name, readme, want string }{
		{"takes the block after the marker", marker + "```sh\none\n" + fence, "one\n"},
		{"allows an empty line between marker and block", marker + "\n```sh\none\n" + fence, "one\n"},
		{"takes a block of several lines, and no other block", "text\n```sh\nnot this\n" + fence + marker + "```bash\none\ntwo\n\nthree\n" + fence + "```sh\nnor this\n" + fence, "one\ntwo\n\nthree\n"},
		{"finds nothing without a marker", "```sh\none\n" + fence, ""},
		{"finds nothing if there is text between marker and block", marker + "Some words.\n\n```sh\none\n" + fence, ""},
		{"finds nothing in an empty block", marker + "```sh\n" + fence, ""},
	} {
		got, problem, err := installCommand(t, c.readme)
		if got != c.want || (err != nil) != (c.want == "") || (err != nil) != strings.Contains(problem, "no code block") {
			t.Errorf("%s: got %q, %v, %s, want %q", c.name, got, err, problem, c.want)
		}
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := installCommand(t, string(readme))
	if err != nil || !strings.Contains(got, "apt-get install") || !strings.Contains(got, "$(cat .ci/packages)") || !strings.Contains(string(readme), got) {
		t.Errorf("the install command of README.md: got %q, %v", got, err)
	}
}

// TestFontsAreInstalled checks that the install command installs every font that the
// browser tests may use.
func TestFontsAreInstalled(t *testing.T) {
	packages, err := os.ReadFile(filepath.Join(root, ".ci/packages"))
	if err != nil {
		t.Fatal(err)
	}
	fonts, err := os.ReadFile(filepath.Join(root, "web/e2e/fonts/fonts.conf"))
	if err != nil {
		t.Fatal(err)
	}
	packageOfFamily := map[string]string{
		"DejaVu Sans": "fonts-dejavu-core", "DejaVu Sans Mono": "fonts-dejavu-core", "DejaVu Serif": "fonts-dejavu-core",
		"Noto Color Emoji": "fonts-noto-color-emoji",
	}
	families := strings.Split(string(fonts), "<string>")[1:]
	if len(families) != len(packageOfFamily) {
		t.Errorf("fonts.conf has %d families, want %d", len(families), len(packageOfFamily))
	}
	for _, text := range families {
		family, _, _ := strings.Cut(text, "<")
		if pkg := packageOfFamily[family]; pkg == "" || !slices.Contains(strings.Fields(string(packages)), pkg) {
			t.Errorf("the font family %q needs the package %q, which is not in .ci/packages", family, pkg)
		}
	}
}
