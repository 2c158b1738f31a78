// Package lambda runs the functions of the templates: the real program, one
// operating system process per instance, fed through the Lambda Runtime API.
// An instance handles one event at a time, starts on first use, and stops when
// it was idle for long.
package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/infra/local/template"
)

// Options say how functions run.
type Options struct {
	Program string // the binary; every function runs it
	Region  string // default "us-east-1"
	// DynamoDB and SQS are the endpoints the program is given.
	DynamoDB, SQS, S3 string
	// Environment is added to every function's own, such as LOG_LEVEL.
	Environment map[string]string
	// Limit is the most instances of one function; ReservedConcurrency of
	// the template lowers it. Default 10. A call over it waits.
	Limit int
	// Idle is how long an instance waits for work before it is stopped.
	// Default 5 minutes.
	Idle time.Duration
	// Line receives each line that an instance writes. May be nil.
	Line func(function, line string)
	// Done is told of each finished invocation. May be nil.
	Done func(Record)
}

// A Result is the answer of one invocation.
type Result struct {
	Payload []byte
	// FunctionError is "" or "Unhandled", as the header of Lambda says.
	FunctionError string
	Cold          bool
	Duration      time.Duration // of the invocation, without a cold start
	Instance      string        // its access key id, which the fault proxy sees
}

// A Record is what is known of an invocation when it is over.
type Record struct {
	Function string
	Event    []byte
	Result   Result
	Err      error
}

// Stats count what the functions did since the start.
type Stats struct {
	Invocations, ColdStarts, Errors, Timeouts, Running int
}

// A Service runs functions. Its methods may be called concurrently.
type Service struct {
	options   Options
	functions map[string]*function

	mu         sync.Mutex
	stats      Stats
	next       int // numbers instances
	generation int // of the endpoints
}

// New prepares the functions of a model. Nothing is started.
func New(functions []template.Function, o Options) *Service {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Limit == 0 {
		o.Limit = 10
	}
	if o.Idle == 0 {
		o.Idle = 5 * time.Minute
	}
	s := &Service{options: o, functions: make(map[string]*function, len(functions))}
	for _, f := range functions {
		limit := o.Limit
		if f.Concurrency > 0 && f.Concurrency < limit {
			limit = f.Concurrency
		}
		s.functions[f.Handler] = &function{service: s, Function: f, slots: make(chan struct{}, limit)}
	}
	return s
}

// Invoke runs one event through a function, named by its Handler, and waits
// for the answer. What the function did wrong is in the Result; an error means
// that it could not be run, or that ctx ended before an instance was free.
// Once an instance has the event it runs to its end, whatever ctx does; only
// Invoke does not wait for it.
func (s *Service) Invoke(ctx context.Context, name string, event []byte) (Result, error) {
	f, ok := s.functions[name]
	if !ok {
		return Result{}, fmt.Errorf("function %q is not in the templates", name)
	}
	type outcome struct {
		result Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := f.invoke(ctx, event)
		s.finished(name, event, result, err)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return Result{}, fmt.Errorf("function %s: %w", name, ctx.Err())
	}
}

func (s *Service) finished(name string, event []byte, result Result, err error) {
	s.count(func(n *Stats) {
		n.Invocations++
		if result.Cold {
			n.ColdStarts++
		}
		if result.FunctionError != "" || err != nil {
			n.Errors++
		}
	})
	if s.options.Done != nil {
		s.options.Done(Record{Function: name, Event: event, Result: result, Err: err})
	}
}

// Stats answers the counts so far.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Functions lists the names of the functions.
func (s *Service) Functions() []string {
	return slices.Sorted(maps.Keys(s.functions))
}

// Kill ends an instance at once, with its invocation if it has one, and tells
// whether there was one of that access key id. No later call is given to it, also
// if its process takes a moment to end. It is how faults are injected.
func (s *Service) Kill(instance string) bool {
	for _, f := range s.functions {
		f.mu.Lock()
		for i := range f.all {
			if i.id == instance {
				f.mu.Unlock()
				i.kill()
				return true
			}
		}
		f.mu.Unlock()
	}
	return false
}

// Function names the function of an instance, "" when it is gone.
func (s *Service) Function(instance string) string {
	for name, f := range s.functions {
		f.mu.Lock()
		for i := range f.all {
			if i.id == instance {
				f.mu.Unlock()
				return name
			}
		}
		f.mu.Unlock()
	}
	return ""
}

// Recycle stops the idle instances, so that the next call is cold. Busy ones
// finish and stay.
func (s *Service) Recycle() {
	for _, f := range s.functions {
		for i := f.pop(); i != nil; i = f.pop() {
			i.kill()
		}
	}
}

// Redirect gives new instances other endpoints and replaces the idle ones.
// Busy ones finish their invocation first. The fault proxy is put in the path
// and taken out of it this way.
func (s *Service) Redirect(dynamoDB, sqs string) {
	s.mu.Lock()
	if s.options.DynamoDB == dynamoDB && s.options.SQS == sqs {
		s.mu.Unlock()
		return
	}
	s.options.DynamoDB, s.options.SQS = dynamoDB, sqs
	s.generation++
	s.mu.Unlock()
	s.Recycle()
}

func (s *Service) endpoints() (dynamoDB, sqs string, generation int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.DynamoDB, s.options.SQS, s.generation
}

// Stop ends every instance. Invocations under way get until ctx ends; later
// ones fail.
func (s *Service) Stop(ctx context.Context) {
	var wait sync.WaitGroup
	for _, f := range s.functions {
		wait.Go(func() { f.stop(ctx) })
	}
	wait.Wait()
}

func (s *Service) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return s.next
}

func (s *Service) count(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// failure is a function error in the form Lambda answers it.
func failure(kind, format string, args ...any) Result {
	body := map[string]string{"errorMessage": fmt.Sprintf(format, args...)}
	if kind != "" {
		body["errorType"] = kind
	}
	payload, _ := json.Marshal(body) // two strings always marshal
	return Result{Payload: payload, FunctionError: "Unhandled"}
}

// seconds are written as Lambda does: "Task timed out after 3.00 seconds".
func seconds(d time.Duration) string {
	return strings.TrimSpace(fmt.Sprintf("%.2f seconds", d.Seconds()))
}
