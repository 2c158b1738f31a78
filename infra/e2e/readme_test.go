package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// terminal is a running command, with its input and its output.
type terminal struct {
	in io.WriteCloser

	mu  sync.Mutex
	out strings.Builder
}

// Write stores output of the command.
func (c *terminal) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

// output is the output of the command so far.
func (c *terminal) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// openTerminal runs a shell command in a folder until the test ends.
func openTerminal(t *testing.T, dir, line string) *terminal {
	t.Helper()
	c := &terminal{}
	cmd := exec.Command("bash", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, c, c
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // an error: it is ended by a signal
		close(ended)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		<-ended
	})
	return c
}

// waitForOutput waits until the output of the command contains all of the words.
func (c *terminal) waitForOutput(t *testing.T, who string, words ...string) {
	t.Helper()
	for _, w := range words {
		if await(t.Context(), maxWait, func() bool { return strings.Contains(c.output(), w) }) != nil {
			t.Fatalf("the output of %s has no %q:\n%s", who, w, c.output())
		}
	}
}

// section returns a section of a Markdown text, without its heading.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("README.md has no section %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// workingCopy makes a folder with links to the files of the repository, but to the
// hidden ones, and to the state of a stack as .local.
func workingCopy(t *testing.T, state string) string {
	t.Helper()
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := func(from, name string) {
		if err := os.Symlink(from, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			link(filepath.Join(root(t), e.Name()), e.Name())
		}
	}
	link(state, ".local")
	return dir
}

// TestReadme runs the commands of the section "Chat from a terminal": two terminals and a
// backend exchange messages.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section(t, string(text), "Chat from a terminal"), -1)
	if len(blocks) != 2 {
		t.Fatalf("the section has %d shell blocks, want one for the terminals and one for the backend", len(blocks))
	}
	terminals := strings.Split(strings.TrimSpace(blocks[0][1]), "\n")
	if len(terminals) != 2 {
		t.Fatalf("got terminals %q, want two", terminals)
	}
	typed := regexp.MustCompile(`type: (alice (.+))`).FindStringSubmatch(terminals[1])
	if typed == nil {
		t.Fatalf("the line %q does not say what to type", terminals[1])
	}
	c := newStateDir(t).start(t, "-memory")
	dir := workingCopy(t, c.dir)

	alice, bob := openTerminal(t, dir, terminals[0]), openTerminal(t, dir, terminals[1])
	alice.waitForOutput(t, "alice", "connected as alice")
	bob.waitForOutput(t, "bob", "connected as bob")
	if _, err := io.WriteString(bob.in, typed[1]+"\n"); err != nil {
		t.Fatal(err)
	}
	alice.waitForOutput(t, "alice", `"From_Account":"bob"`, `"Text":"`+typed[2]+`"`)
	bob.waitForOutput(t, "bob", `"id":"1"`, `"code":0`)
	if _, err := io.WriteString(alice.in, "bob and hello to you\n"); err != nil {
		t.Fatal(err)
	}
	bob.waitForOutput(t, "bob", `"From_Account":"alice"`, `"Text":"and hello to you"`)

	// The commands of the backend, with the port of this stack.
	const address = "http://localhost:8080"
	script := blocks[1][1]
	if !strings.Contains(script, "H="+address+"\n") {
		t.Fatalf("the script does not begin with H=%s:\n%s", address, script)
	}
	script = strings.Replace(script, address, strings.Replace(c.HTTP, "127.0.0.1", "localhost", 1), 1)
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the script: %v\n%s", err, out)
	}
	sentence := regexp.MustCompile(`"Text":"([^"]+)"`).FindStringSubmatch(script)
	if sentence == nil {
		t.Fatal("the script sends no text")
	}
	for _, want := range []string{`"ActionStatus":"OK"`, `"MsgKey":"`, `"code":0`, `"To_Account":"alice"`, `"Preview":"` + sentence[1] + `"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output of the script is %s, want %s in it", out, want)
		}
	}
	bob.waitForOutput(t, "bob", `"Text":"`+sentence[1]+`"`)
}
