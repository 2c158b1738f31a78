// Package lambda runs the functions of the templates as AWS Lambda does. An
// instance of a function is one operating system process that runs the real
// program and receives events through the Lambda Runtime API. An instance handles
// one event at a time. It starts when it is first needed, and stops when it has
// been idle for Options.Idle.
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
	// DynamoDB, SQS and S3 are the endpoints that the program uses.
	DynamoDB, SQS, S3 string
	// Environment is added to the environment of every function, for example
	// LOG_LEVEL. It wins over the templates.
	Environment map[string]string
	// Limit is how many instances one function may have. A lower
	// ReservedConcurrentExecutions in the template wins. If all instances are
	// busy, the next invocation waits. Default 10.
	Limit int
	// Idle is how long an instance waits for work before it is stopped.
	// Default 5 minutes.
	Idle time.Duration
	// Line receives each line that an instance writes. May be nil.
	Line func(function, line string)
	// Done is called after each invocation. May be nil.
	Done func(Record)
}

// A Result is what one invocation returned.
type Result struct {
	Payload []byte
	// FunctionError is "", or "Unhandled" as in Lambda's response header
	// X-Amz-Function-Error.
	FunctionError string
	Cold          bool
	Duration      time.Duration // of the invocation, without a cold start
	Instance      string        // its access key id, by which the fault proxy knows it
}

// A Record describes a finished invocation.
type Record struct {
	Function string
	Event    []byte
	Result   Result
	Err      error // why the function could not be run; Result is empty then
}

// Stats count what the functions did since the start. Running is the number of
// processes that run now.
type Stats struct {
	Invocations, ColdStarts, Errors, Timeouts, Running int
	// Dropped counts the invocations that were not made because of a recursive loop, as the
	// metric RecursiveInvocationsDropped does.
	Dropped int
}

// A Service runs functions. Its methods may be called concurrently.
type Service struct {
	options   Options
	functions map[string]*function

	mu               sync.Mutex
	stats            Stats
	lastNumber       int // number of the newest instance
	endpointsVersion int // is raised by each change of the endpoints
}

// New prepares the functions of a model. It starts no process.
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
		s.functions[f.Handler] = &function{service: s, Function: f, semaphore: make(chan struct{}, limit)}
	}
	return s
}

// Invoke runs the function with the given Handler on one event and waits for the
// result. If the function itself fails, Result.FunctionError says so. An error
// means that the function could not be run, or that ctx ended first. An instance
// that has received the event always finishes it, also after ctx has ended; only
// Invoke no longer waits for it.
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
		s.record(name, event, result, err)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return Result{}, fmt.Errorf("function %s: %w", name, ctx.Err())
	}
}

func (s *Service) record(name string, event []byte, result Result, err error) {
	s.updateStats(func(n *Stats) {
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

// Stats returns the counts so far.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Functions returns the Handlers of all functions, sorted.
func (s *Service) Functions() []string {
	return slices.Sorted(maps.Keys(s.functions))
}

// Kill ends the instance with the given access key id at once. An invocation that
// it runs fails. It reports whether there was such an instance. The instance
// receives no further event, even if its process takes a moment to end. The fault
// injector uses it.
func (s *Service) Kill(instance string) bool {
	for _, f := range s.functions {
		f.mu.Lock()
		for i := range f.instances {
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

// Function returns the Handler of the instance with the given access key id, and
// "" if there is no such instance.
func (s *Service) Function(instance string) string {
	for name, f := range s.functions {
		f.mu.Lock()
		for i := range f.instances {
			if i.id == instance {
				f.mu.Unlock()
				return name
			}
		}
		f.mu.Unlock()
	}
	return ""
}

// EndIdle ends the idle instances. Busy instances are not touched. If none is
// busy, the next invocation is a cold start.
func (s *Service) EndIdle() {
	for _, f := range s.functions {
		for i := f.takeIdle(); i != nil; i = f.takeIdle() {
			i.kill()
		}
	}
}

// Redirect changes the endpoints that new instances are started with, and ends
// the instances that have the old ones: idle instances at once, busy instances
// after their invocation. The fault injector uses it to put its proxies between
// the functions and the servers, and to remove them.
func (s *Service) Redirect(dynamoDB, sqs string) {
	s.mu.Lock()
	if s.options.DynamoDB == dynamoDB && s.options.SQS == sqs {
		s.mu.Unlock()
		return
	}
	s.options.DynamoDB, s.options.SQS = dynamoDB, sqs
	s.endpointsVersion++
	s.mu.Unlock()
	s.EndIdle()
}

func (s *Service) endpoints() (dynamoDB, sqs string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.DynamoDB, s.options.SQS, s.endpointsVersion
}

// Stop ends every instance. Running invocations may finish until ctx ends; new
// invocations fail.
func (s *Service) Stop(ctx context.Context) {
	var wait sync.WaitGroup
	for _, f := range s.functions {
		wait.Go(func() { f.stop(ctx) })
	}
	wait.Wait()
}

func (s *Service) nextNumber() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastNumber++
	return s.lastNumber
}

func (s *Service) updateStats(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// failure returns a function error in the form that Lambda gives it.
func failure(kind, format string, args ...any) Result {
	body := map[string]string{"errorMessage": fmt.Sprintf(format, args...)}
	if kind != "" {
		body["errorType"] = kind
	}
	payload, _ := json.Marshal(body) // two strings always marshal
	return Result{Payload: payload, FunctionError: "Unhandled"}
}

// seconds formats a duration as Lambda does in "Task timed out after 3.00 seconds".
func seconds(d time.Duration) string {
	return strings.TrimSpace(fmt.Sprintf("%.2f seconds", d.Seconds()))
}
