package lambda

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// maxLine is the longest log line, in bytes, that Options.Line receives in one
// piece.
const maxLine = 256 << 10

// An instance is one process with a Runtime API server of its own. If the local
// cloud dies, the connection of the process to that server breaks, and the Lambda
// runtime client in the process ends the process.
type instance struct {
	id string // AWS_ACCESS_KEY_ID of the process
	f  *function
	// endpointsVersion says which endpoints the process was started with.
	endpointsVersion int
	cmd              *exec.Cmd
	server           *http.Server     // the Runtime API
	events           chan *invocation // received by GET invocation/next
	ended            chan struct{}    // closed when the process has ended
	killOnce         sync.Once
	killed           atomic.Bool
	idleTimer        *time.Timer // guarded by function.mu while the instance is idle
	output           sync.WaitGroup

	mu        sync.Mutex
	current   *invocation // the one that is running
	hasEnded  bool        // the process cannot answer a new invocation
	initError []byte      // the body of POST init/error
}

// An invocation is one event that an instance handles.
type invocation struct {
	id     string
	trace  string // the trace header
	event  []byte
	result chan Result // receives exactly one result
	once   sync.Once
}

func launch(f *function) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := f.service.options
	dynamoDB, sqs, version := f.service.endpoints()
	i := &instance{
		id: fmt.Sprintf("LOCAL%06dX%s", f.service.nextNumber(), strings.ToUpper(alphanumeric(f.Handler))),
		f:  f, endpointsVersion: version, events: make(chan *invocation), ended: make(chan struct{}),
	}
	i.server = &http.Server{Handler: i.api()}
	i.cmd = exec.Command(o.Program)
	environment := map[string]string{}
	for _, m := range []map[string]string{f.Environment, o.Environment, {
		"_HANDLER":                        f.Handler,
		"AWS_LAMBDA_RUNTIME_API":          listener.Addr().String(),
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_STREAM_NAME":      i.id,
		"AWS_EXECUTION_ENV":               "AWS_Lambda_provided.al2023",
		"AWS_REGION":                      o.Region,
		"AWS_DEFAULT_REGION":              o.Region,
		"AWS_ACCESS_KEY_ID":               i.id,
		"AWS_SECRET_ACCESS_KEY":           "local",
		"AWS_ENDPOINT_URL_DYNAMODB":       dynamoDB,
		"AWS_ENDPOINT_URL_SQS":            sqs,
		"AWS_ENDPOINT_URL_S3":             o.S3,
		"TZ":                              ":UTC",
	}} {
		for name, value := range m {
			environment[name] = value
		}
	}
	i.cmd.Env = make([]string, 0, len(environment))
	for name, value := range environment {
		i.cmd.Env = append(i.cmd.Env, name+"="+value)
	}
	// The process has a process group of its own. So Ctrl-C reaches only the local
	// cloud, which lets the running invocations finish.
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	reader, writer, err := os.Pipe()
	if err != nil {
		listener.Close()
		return nil, err
	}
	i.cmd.Stdout, i.cmd.Stderr = writer, writer
	err = i.cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		listener.Close()
		return nil, err
	}
	go func() { _ = i.server.Serve(listener) }() // returns when wait closes the server
	i.output.Go(func() { i.forwardLines(reader) })
	go i.wait()
	return i, nil
}

// wait waits for the end of the process. If an invocation was running, its result
// becomes the error that Lambda answers for a process that exited.
func (i *instance) wait() {
	err := i.cmd.Wait()
	i.output.Wait()
	i.server.Close()
	i.mu.Lock()
	current, initError := i.current, i.initError
	i.hasEnded = true
	i.mu.Unlock()
	close(i.ended)
	if current == nil {
		return
	}
	if initError != nil {
		current.finish(Result{Payload: initError, FunctionError: "Unhandled"})
		return
	}
	reason := "exit status 0"
	if err != nil {
		reason = err.Error()
	}
	current.finish(failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", current.id, reason))
}

// run gives the process one event and waits for the result. delivered is false if
// the process ended before it received the event.
func (i *instance) run(n *invocation, timeout time.Duration) (_ Result, delivered bool) {
	i.mu.Lock()
	hasEnded := i.hasEnded
	i.current = n
	i.mu.Unlock()
	if hasEnded {
		return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited before it took the event", n.id), false
	}
	// As on Lambda, initialisation has 10 s of its own, apart from the timeout.
	initTimer := time.NewTimer(10 * time.Second)
	defer initTimer.Stop()
	select {
	case i.events <- n:
	case <-i.ended:
		return <-n.result, false // wait has seen i.current and finishes it
	case <-initTimer.C:
		i.kill()
		<-i.ended
		return failure("Sandbox.Timedout", "RequestId: %s Error: the program did not ask for work within 10 seconds", n.id), true
	}
	began := time.Now()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	var result Result
	select {
	case result = <-n.result:
	case <-timer.C:
		n.finish(Result{}) // from now on an answer of the process is ignored
		i.kill()
		<-i.ended
		i.f.service.updateStats(func(s *Stats) { s.Timeouts++ })
		result = failure("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %s", n.id, seconds(timeout))
	}
	result.Duration = time.Since(began)
	i.mu.Lock()
	i.current = nil
	i.mu.Unlock()
	return result, true
}

// finish sets the result of the invocation. Only the first call has an effect.
func (n *invocation) finish(r Result) {
	n.once.Do(func() { n.result <- r })
}

// usable reports whether the instance can be given a new event. A process that
// was killed a moment ago may still run; it is not usable.
func (i *instance) usable() bool {
	select {
	case <-i.ended:
		return false
	default:
		return !i.killed.Load()
	}
}

func (i *instance) kill() {
	i.killed.Store(true)
	i.killOnce.Do(func() { _ = i.cmd.Process.Kill() }) // an error means that the process has ended
}

// api is the Lambda Runtime API, as far as runtimes use it.
func (i *instance) api() http.Handler {
	mux := http.NewServeMux()
	const base = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+base+"invocation/next", i.serveNext)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		i.serveResult(w, r, "")
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		i.serveResult(w, r, "Unhandled")
	})
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		i.mu.Lock()
		i.initError = body
		i.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func (i *instance) serveNext(w http.ResponseWriter, r *http.Request) {
	var n *invocation
	select {
	case n = <-i.events:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(n.event)))
	h.Set("Lambda-Runtime-Aws-Request-Id", n.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.f.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", i.f.ARN)
	h.Set("Lambda-Runtime-Trace-Id", n.trace)
	_, _ = w.Write(n.event) // if the connection is broken, the process ends and wait sees it
}

// maxResponse is the largest synchronous response that Lambda accepts, in bytes.
const maxResponse = 6<<20 + 100

func (i *instance) serveResult(w http.ResponseWriter, r *http.Request, functionError string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return // the process ended while it sent the body
	}
	i.mu.Lock()
	current := i.current
	i.mu.Unlock()
	if current == nil || current.id != r.PathValue("id") {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	if len(body) > maxResponse {
		current.finish(failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."))
		http.Error(w, `{"errorType":"RequestEntityTooLarge"}`, http.StatusRequestEntityTooLarge)
		return
	}
	// Acknowledge the process first: as soon as the invocation is finished, its
	// caller may send the next event to this process.
	w.WriteHeader(http.StatusAccepted)
	current.finish(Result{Payload: body, FunctionError: functionError})
}

// forwardLines gives each line that the process writes to Options.Line, until the
// process closes its output.
func (i *instance) forwardLines(output io.ReadCloser) {
	defer output.Close()
	lines := bufio.NewReaderSize(output, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 && i.f.service.options.Line != nil {
			i.f.service.options.Line(i.f.Handler, strings.TrimRight(string(line), "\r\n"))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// alphanumeric removes every character that is not an ASCII letter or digit.
func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
