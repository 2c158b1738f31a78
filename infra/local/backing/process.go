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

// A Process is a running component: a child, or a server that somebody else
// runs, when its address is in the environment.
type Process struct {
	name     string
	endpoint string
	log      string
	cmd      *exec.Cmd      // nil for a server of somebody else
	hold     io.WriteCloser // closing it asks the guard to stop the child
	done     chan struct{}  // closed when the child is gone
	once     sync.Once
	err      error
	took     time.Duration
}

// Endpoint is the address, "http://127.0.0.1:PORT".
func (p *Process) Endpoint() string { return p.endpoint }

// External tells whether the server is somebody else's.
func (p *Process) External() bool { return p.cmd == nil }

// Took is how long the start lasted.
func (p *Process) Took() time.Duration { return p.took }

// Done is closed when the child has ended, wanted or not. It stays open for a
// server of somebody else.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process group of the child and its guard, 0 without one.
func (p *Process) PID() int {
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// guard runs "$@" and ends it with SIGTERM when its standard input closes,
// which happens even when the parent dies by SIGKILL. It ends with its child.
// A background command of sh reads /dev/null, hence descriptor 3.
const guard = `exec 3<&0
"$@" 3<&- </dev/null & child=$!
(cat <&3 >/dev/null; kill -TERM $child) 2>/dev/null & watch=$!
exec 3<&- </dev/null
wait $child; status=$?
kill $watch 2>/dev/null
exit $status`

// start runs a command under the guard, in a process group of its own so that
// Ctrl-C reaches only the parent, and waits until its port answers HTTP.
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
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &Process{name: name, endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), log: log, cmd: cmd, hold: hold, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.took = time.Since(began)
	return p, nil
}

var errEnded = errors.New("ended at once")

// ready asks until anything answers: both servers listen only once they work.
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

// Stop ends the child with SIGTERM and waits for it, so that DynamoDB Local
// has flushed. A child that does not end within 15 s is killed, and that is
// an error. Stopping twice is fine.
func (p *Process) Stop() error {
	if p.cmd == nil {
		return nil
	}
	var err error
	p.once.Do(func() {
		p.hold.Close()
		_ = p.Thaw() // a frozen child could not end; one that has ended needs no thaw
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

// Freeze stops the child from running, as a stalled machine would, until Thaw.
func (p *Process) Freeze() error { return p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen child run again.
func (p *Process) Thaw() error { return p.signal(syscall.SIGCONT) }

// signal reaches the child and its guard, whose process group is theirs alone.
func (p *Process) signal(s syscall.Signal) error {
	if p.cmd == nil {
		return fmt.Errorf("%s at %s is not a child of the local cloud and cannot be signalled", p.name, p.endpoint)
	}
	return syscall.Kill(-p.cmd.Process.Pid, s)
}

// retry starts on free ports until one is not taken in between.
func retry(port int, begin func(port int) (*Process, error)) (*Process, error) {
	for attempt := 0; ; attempt++ {
		chosen := port
		if chosen == 0 {
			var err error
			if chosen, err = freePort(); err != nil {
				return nil, err
			}
		}
		p, err := begin(chosen)
		if err == nil || port != 0 || attempt == 2 || !errors.Is(err, errEnded) {
			return p, err
		}
	}
}

// freePort chooses a port below those that systems give to outgoing
// connections and to listeners on port 0: between this look and the child's own
// listen, which for a Java program is a second later, nobody else is given it.
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

func external(name, variable string) *Process {
	if endpoint := os.Getenv(variable); endpoint != "" {
		return &Process{name: name, endpoint: strings.TrimSuffix(endpoint, "/"), done: make(chan struct{})}
	}
	return nil
}
