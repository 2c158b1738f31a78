package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parley/infra/local/backing"
	"parley/infra/testkit/needs"
)

// stateDir is the folder in which a child stores its data. It also has a link to the
// program, so that all processes of the child have the folder in their command lines.
type stateDir struct{ dir, program string }

func newStateDir(t *testing.T) stateDir {
	t.Helper()
	h := stateDir{dir: filepath.Join(t.TempDir(), "state")}
	h.program = filepath.Join(h.dir, "parley")
	if err := os.MkdirAll(h.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(program, h.program); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "the end of every process", func() bool { return len(h.processes(t)) == 0 })
	})
	return h
}

// processes lists the processes that have the folder in their command lines.
func (h stateDir) processes(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "pid,args").Output()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	var found []string
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, h.dir) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// runInfo is the content of run.json.
type runInfo struct {
	HTTP, WebSocket, Secret, Admin string
	SdkAppID                       int64
	PID                            int
}

// child is a process of the command that `make run` starts.
type child struct {
	stateDir
	runInfo
	cmd   *exec.Cmd
	out   *bytes.Buffer // may be read after ended is closed
	ended chan struct{}
	err   error
}

// launch starts the command and does not wait for it to be ready.
func (h stateDir) launch(t *testing.T, flags ...string) *child {
	t.Helper()
	c := &child{stateDir: h, out: &bytes.Buffer{}, ended: make(chan struct{})}
	c.cmd = exec.Command(command, append([]string{"-state", h.dir, "-program", h.program, "-port", "0"}, flags...)...)
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(c.kill)
	return c
}

// start starts the command and waits until it is ready.
func (h stateDir) start(t *testing.T, flags ...string) *child {
	t.Helper()
	c := h.launch(t, flags...)
	eventually(t, "run.json", func() bool {
		select {
		case <-c.ended:
			t.Fatalf("the local cloud ended: %v\n%s", c.err, c.out)
		default:
		}
		run, err := h.readRunInfo()
		c.runInfo = run
		return err == nil && run.PID == c.cmd.Process.Pid
	})
	return c
}

// readRunInfo reads run.json.
func (h stateDir) readRunInfo() (runInfo, error) {
	var run runInfo
	text, err := os.ReadFile(filepath.Join(h.dir, "run.json"))
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	return run, err
}

// kill kills the command, as in a crash.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // an error means that it has ended
	<-c.ended
}

// interrupt sends what Ctrl-C sends. After it, all processes have ended and run.json is
// removed.
func (c *child) interrupt(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-c.ended
	if c.err != nil || !strings.Contains(c.out.String(), "stopped") {
		t.Errorf("after SIGINT: %v\n%s", c.err, c.out)
	}
	if _, err := c.stateDir.readRunInfo(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("run.json after SIGINT: got %v, want no file", err)
	}
	if left := c.processes(t); len(left) > 0 {
		t.Errorf("processes after SIGINT: %s", strings.Join(left, "\n"))
	}
}

// app is the demo application of a child.
func (c *child) app() *app {
	return &app{endpoints: endpoints{c.HTTP, c.WebSocket}, id: c.SdkAppID, secret: c.Secret}
}

// residentKB is the memory of a process in KB, without pages of mapped files.
func residentKB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		needs.Skip(t, err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	needs.Skip(t, errors.New("the kernel does not report RssAnon"))
	return 0
}

// root is the root folder of the repository.
func root(t *testing.T) string {
	t.Helper()
	dir, err := backing.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
