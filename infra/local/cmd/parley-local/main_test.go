package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The command writes run.json when it is ready, and removes it when it is interrupted.
// No process is left, even if the command is killed.
func TestNoProcessIsLeftAfterAnInterruptOrAKill(t *testing.T) {
	dir := t.TempDir()
	command, program := filepath.Join(dir, "command"), filepath.Join(dir, "program")
	for file, source := range map[string]string{command: ".", program: "../../testdata/program"} {
		if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, source).CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	state := filepath.Join(dir, "state")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		var out bytes.Buffer
		cmd := exec.Command(command, "-state", state, "-program", program, "-template", "../../testdata/tiny/template.yaml")
		cmd.Env = append(os.Environ(), "PORT=0", "AWS_ENDPOINT_URL_DYNAMODB=", "AWS_ENDPOINT_URL_SQS=")
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var run struct {
			HTTP, WebSocket, Secret, Admin string
			SdkAppID, PID                  int
		}
		within(t, "run.json", func() bool {
			text, err := os.ReadFile(filepath.Join(state, "run.json"))
			return err == nil && json.Unmarshal(text, &run) == nil
		})
		if run.PID != cmd.Process.Pid || run.SdkAppID != 1400000001 || run.Admin != "administrator" || len(run.Secret) != 64 || !strings.HasPrefix(run.WebSocket, "ws://") {
			t.Errorf("run.json: got %+v", run)
		}
		if res, err := http.Post(run.HTTP+"/write", "application/json", strings.NewReader(`{"ID":"a"}`)); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("a request: got %v, %v", res, err)
		} else {
			res.Body.Close()
		}
		if n := len(processes(t, dir)); n < 4 {
			t.Errorf("%d processes run, want the command, two servers and functions", n)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		err := <-ended
		if signal == syscall.SIGINT {
			if err != nil || !strings.Contains(out.String(), "Parley, the local cloud") || !strings.Contains(out.String(), "stopped; the data is in") {
				t.Errorf("interrupted: got %v\n%s", err, out.String())
			}
			if _, err := os.Stat(filepath.Join(state, "run.json")); !os.IsNotExist(err) {
				t.Errorf("run.json after the stop: got %v", err)
			}
		}
		within(t, "the end of every process", func() bool { return len(processes(t, dir)) == 0 })
	}
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(120 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 2 minutes", what)
		}
	}
}

// processes returns the command lines that contain a folder.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	out, err := exec.Command("ps", "-eo", "args").Output()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	var found []string
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, dir) {
			found = append(found, line)
		}
	}
	return found
}
