package backing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Process is a running server. It is a child process, or an external server whose
// address was found in the environment.
type Process struct {
	name     string
	endpoint string
	log      string
	cmd      *exec.Cmd      // the guard; nil for an external server
	stdin    io.WriteCloser // of the guard; closing it makes the guard end the child
	done     chan struct{}  // closed when the child has ended
	stopOnce sync.Once
	took     time.Duration
}

// Endpoint returns the address of the server, "http://127.0.0.1:PORT".
func (p *Process) Endpoint() string { return p.endpoint }

// External reports whether the server is not a child of this process: its address
// was found in the environment.
func (p *Process) External() bool { return p.cmd == nil }

// Took returns how long the start lasted.
func (p *Process) Took() time.Duration { return p.took }

// Done returns a channel that is closed when the child has ended, by Stop or by
// itself. For an external server it is never closed.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID returns the process group of the child and its guard, and 0 for an external
// server.
func (p *Process) PID() int {
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// guard is a shell script that runs "$@" and ends it with SIGTERM when the standard
// input of the script closes. That happens when this process ends, even by SIGKILL.
// The script ends when its child ends. It copies its standard input to descriptor 3,
// because the standard input of a background command of sh is /dev/null.
const guard = `exec 3<&0
"$@" 3<&- </dev/null & child=$!
(cat <&3 >/dev/null; kill -TERM $child) 2>/dev/null & watch=$!
exec 3<&- </dev/null
wait $child; status=$?
kill $watch 2>/dev/null
exit $status`

// start runs a command under the guard and waits until its port answers HTTP. The
// command has a process group of its own, so that Ctrl-C reaches only this process.
func start(ctx context.Context, name string, port int, log string, dir string, argv ...string) (*Process, error) {
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	defer out.Close()
	began := time.Now()
	cmd := exec.Command("/bin/sh", append([]string{"-c", guard, name}, argv...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &Process{name: name, endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), log: log, cmd: cmd, stdin: stdin, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the exit status of a server says nothing
		close(p.done)
	}()
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.took = time.Since(began)
	return p, nil
}

var errEnded = errors.New("ended at once")

// ready waits until the port answers anything. Both servers open their port only
// when they are ready to work.
func (p *Process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.endpoint+"/", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			res.Body.Close()
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s %w: %s (see %s)", p.name, errEnded, lastLine(p.log), p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer in time: %w (see %s)", p.name, ctx.Err(), p.log)
		case <-tick.C:
		}
	}
}

// Stop ends the child with SIGTERM and waits for its end, so that DynamoDB Local has
// flushed its data. If the child does not end within 15 s, Stop kills it and returns
// an error. A second call does nothing.
func (p *Process) Stop() error {
	if p.cmd == nil {
		return nil
	}
	var err error
	p.stopOnce.Do(func() {
		p.stdin.Close()
		_ = p.Thaw() // a frozen child cannot end; an error means that it has ended
		select {
		case <-p.done:
		case <-time.After(15 * time.Second):
			syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
			<-p.done
			err = fmt.Errorf("%s did not stop on SIGTERM and was killed; its last writes may be lost", p.name)
		}
	})
	return err
}

// Freeze suspends the child until Thaw, as if its machine had stalled.
func (p *Process) Freeze() error { return p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen child run again.
func (p *Process) Thaw() error { return p.signal(syscall.SIGCONT) }

// signal sends a signal to the process group, which is the child and its guard.
func (p *Process) signal(s syscall.Signal) error {
	if p.cmd == nil {
		return fmt.Errorf("%s at %s is not a child of the local cloud and cannot be signalled", p.name, p.endpoint)
	}
	return syscall.Kill(-p.cmd.Process.Pid, s)
}

// startOnPort starts a server on a port. If port is 0, it chooses a free port, and
// tries up to three ports in case another process takes the chosen one first.
func startOnPort(port int, start func(port int) (*Process, error)) (*Process, error) {
	for attempt := 0; ; attempt++ {
		chosen := port
		if chosen == 0 {
			var err error
			if chosen, err = freePort(); err != nil {
				return nil, err
			}
		}
		p, err := start(chosen)
		if err == nil || port != 0 || attempt == 2 || !errors.Is(err, errEnded) {
			return p, err
		}
	}
}

// freePort returns a port that nobody listens on. It is below the ports that the
// operating system gives to outgoing connections and to listeners on port 0. So no
// other process is given the port before the child listens on it, which for a Java
// program is about a second later.
func freePort() (int, error) {
	const first, count, tries = 20000, 10000, 50
	var err error
	for range tries {
		port := first + rand.IntN(count)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
			l.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

func lastLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// externalServer returns the server whose address is in an environment variable, and
// nil if the variable is not set.
func externalServer(name, variable string) *Process {
	if endpoint := os.Getenv(variable); endpoint != "" {
		return &Process{name: name, endpoint: strings.TrimSuffix(endpoint, "/"), done: make(chan struct{})}
	}
	return nil
}
