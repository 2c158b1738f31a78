package lambda

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
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
	"time"
)

// maxLine is the longest line of a log that is passed on whole.
const maxLine = 256 << 10

// An instance is one process with a Runtime API of its own. When the runner
// dies, its connection breaks and the program's runtime client ends it.
type instance struct {
	id string // AWS_ACCESS_KEY_ID
	f  *function
	// generation of the endpoints it was given
	generation int
	cmd        *exec.Cmd
	server     *http.Server
	events     chan *call    // taken by /next
	gone       chan struct{} // closed when the process has ended
	end        sync.Once
	killed     atomic.Bool
	reaper     *time.Timer // guarded by the function while idle
	output     sync.WaitGroup

	mu      sync.Mutex
	current *call  // under way
	dead    bool   // the process has ended; nobody would answer a new call
	init    []byte // what /init/error said
}

// A call is one event on its way through an instance.
type call struct {
	id     string
	event  []byte
	answer chan Result // one answer
	once   sync.Once
}

func launch(f *function) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := f.service.options
	dynamoDB, sqs, generation := f.service.endpoints()
	i := &instance{
		id: fmt.Sprintf("LOCAL%06dX%s", f.service.number(), strings.ToUpper(letters(f.Handler))),
		f:  f, generation: generation, events: make(chan *call), gone: make(chan struct{}),
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
	// A group of its own, so that Ctrl-C reaches only the runner and a call
	// under way is finished.
	i.cmd.SysProcAttr = ownGroup()
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
	go func() { _ = i.server.Serve(listener) }() // ends with the instance
	i.output.Go(func() { i.read(reader) })
	go i.wait()
	return i, nil
}

// wait turns the death of the process into the answer of its invocation.
func (i *instance) wait() {
	err := i.cmd.Wait()
	i.output.Wait()
	i.server.Close()
	i.mu.Lock()
	current, init := i.current, i.init
	i.dead = true
	i.mu.Unlock()
	close(i.gone)
	if current == nil {
		return
	}
	if init != nil {
		current.finish(Result{Payload: init, FunctionError: "Unhandled"})
		return
	}
	reason := "exit status 0"
	if err != nil {
		reason = err.Error()
	}
	current.finish(failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", current.id, reason))
}

// run gives the process one event. It answers false when the process ended
// before it took the event.
func (i *instance) run(event []byte, timeout time.Duration) (Result, bool) {
	c := &call{id: uuid(), event: event, answer: make(chan Result, 1)}
	i.mu.Lock()
	dead := i.dead
	i.current = c
	i.mu.Unlock()
	if dead {
		return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited before it took the event", c.id), false
	}
	// Initialisation has 10 s of its own, as on Lambda.
	start := time.NewTimer(10 * time.Second)
	defer start.Stop()
	select {
	case i.events <- c:
	case <-i.gone:
		return <-c.answer, false // wait has seen the call
	case <-start.C:
		i.kill()
		<-i.gone
		return failure("Sandbox.Timedout", "RequestId: %s Error: the program did not ask for work within 10 seconds", c.id), true
	}
	began := time.Now()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	var result Result
	select {
	case result = <-c.answer:
	case <-timer.C:
		c.finish(Result{}) // too late for the process to answer
		i.kill()
		<-i.gone
		i.f.service.count(func(s *Stats) { s.Timeouts++ })
		result = failure("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %s", c.id, seconds(timeout))
	}
	result.Duration = time.Since(began)
	i.mu.Lock()
	i.current = nil
	i.mu.Unlock()
	return result, true
}

func (c *call) finish(r Result) (first bool) {
	c.once.Do(func() {
		c.answer <- r
		first = true
	})
	return first
}

// alive tells whether a new call may be given to the instance. A process that was
// killed a moment ago may still run; it is not alive.
func (i *instance) alive() bool {
	select {
	case <-i.gone:
		return false
	default:
		return !i.killed.Load()
	}
}

func (i *instance) kill() {
	i.killed.Store(true)
	i.end.Do(func() { _ = i.cmd.Process.Kill() }) // an error: it has ended already
}

// api is the part of the Runtime API that runtimes use.
func (i *instance) api() http.Handler {
	mux := http.NewServeMux()
	const base = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+base+"invocation/next", i.serveNext)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		i.serveAnswer(w, r, "")
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		i.serveAnswer(w, r, "Unhandled")
	})
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		i.mu.Lock()
		i.init = body
		i.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func (i *instance) serveNext(w http.ResponseWriter, r *http.Request) {
	var c *call
	select {
	case c = <-i.events:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(c.event)))
	h.Set("Lambda-Runtime-Aws-Request-Id", c.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.f.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", i.f.ARN)
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-"+c.id[:8]+"-"+strings.ReplaceAll(c.id[9:], "-", "")[:24]+";Sampled=0")
	_, _ = w.Write(c.event) // a broken connection ends the process, which is seen
}

// maxAnswer is what Lambda accepts of a synchronous response.
const maxAnswer = 6<<20 + 100

func (i *instance) serveAnswer(w http.ResponseWriter, r *http.Request, functionError string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		return // the process died in the middle of it
	}
	i.mu.Lock()
	c := i.current
	i.mu.Unlock()
	if c == nil || c.id != r.PathValue("id") {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	if len(body) > maxAnswer {
		c.finish(failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."))
		http.Error(w, `{"errorType":"RequestEntityTooLarge"}`, http.StatusRequestEntityTooLarge)
		return
	}
	// The answer of the runtime first: the caller may call again at once.
	w.WriteHeader(http.StatusAccepted)
	c.finish(Result{Payload: body, FunctionError: functionError})
}

// read passes the lines of the process on until it ends.
func (i *instance) read(from io.ReadCloser) {
	defer from.Close()
	lines := bufio.NewReaderSize(from, maxLine)
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

func letters(s string) string {
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

// A Report is the line the program writes for each invocation.
type Report struct {
	Message   string  `json:"msg"`
	Operation string  `json:"operation"`
	Outcome   string  `json:"outcome"`
	Code      int     `json:"code"`
	Duration  float64 `json:"duration_ms"`
	Cold      bool    `json:"cold"`
	W         float64 `json:"W"`
	R         float64 `json:"R"`
	S         float64 `json:"S"`
	L         float64 `json:"L"`
	P         float64 `json:"P"`
}

// ParseReport reads a line of an instance. It answers false for any other line.
func ParseReport(line string) (Report, bool) {
	var r Report
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &r) != nil || r.Message != "call" {
		return Report{}, false
	}
	return r, true
}
