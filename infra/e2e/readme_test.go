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

// console is a command with a person at it.
type console struct {
	in io.WriteCloser

	mu  sync.Mutex
	out strings.Builder
}

// Write keeps what the command says.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *console) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// open runs a line of a shell in a folder until the test ends.
func open(t *testing.T, dir, line string) *console {
	t.Helper()
	c := &console{}
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
		_ = cmd.Wait() // ended by the signal
		close(ended)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		<-ended
	})
	return c
}

// says waits until the console has said all of the words.
func (c *console) says(t *testing.T, who string, words ...string) {
	t.Helper()
	for _, w := range words {
		if await(t.Context(), patience, func() bool { return strings.Contains(c.said(), w) }) != nil {
			t.Fatalf("%s does not say %q:\n%s", who, w, c.said())
		}
	}
}

// section is a section of a Markdown text, without its heading.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("README.md has no section %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

// workingCopy is a folder with everything of the repository but what is not
// committed, and the state of a stack in it.
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

// The lines of the README's section do what it says: two terminals and a backend
// exchange messages.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section(t, string(text), "Chat from a terminal"), -1)
	if len(blocks) != 2 {
		t.Fatalf("the section has %d blocks of shell, want the terminals and the backend", len(blocks))
	}
	terminals := strings.Split(strings.TrimSpace(blocks[0][1]), "\n")
	if len(terminals) != 2 {
		t.Fatalf("got terminals %q, want two", terminals)
	}
	typed := regexp.MustCompile(`type: (alice (.+))`).FindStringSubmatch(terminals[1])
	if typed == nil {
		t.Fatalf("the line %q does not say what to type", terminals[1])
	}
	c := newHome(t).start(t, "-memory")
	dir := workingCopy(t, c.dir)

	alice, bob := open(t, dir, terminals[0]), open(t, dir, terminals[1])
	alice.says(t, "alice", "connected as alice")
	bob.says(t, "bob", "connected as bob")
	if _, err := io.WriteString(bob.in, typed[1]+"\n"); err != nil {
		t.Fatal(err)
	}
	alice.says(t, "alice", `"From_Account":"bob"`, `"Text":"`+typed[2]+`"`)
	bob.says(t, "bob", `"id":"1"`, `"code":0`)
	if _, err := io.WriteString(alice.in, "bob and hello to you\n"); err != nil {
		t.Fatal(err)
	}
	bob.says(t, "bob", `"From_Account":"alice"`, `"Text":"and hello to you"`)

	// The backend's lines, with the port of this stack.
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
			t.Errorf("the script said %s, want %s in it", out, want)
		}
	}
	bob.says(t, "bob", `"Text":"`+sentence[1]+`"`)
}
