package template

import (
	"fmt"
	"slices"
	"time"
)

// A Model is everything that the templates declare, as far as the local cloud uses it.
type Model struct {
	Functions []Function
	APIs      []API
	Queues    []Queue
	Tables    []Table
	Keys      []Key
	Buckets   []string // names
	// Outputs are the outputs of the root stack.
	Outputs map[string]string
}

// A Function is one Lambda function. Everything else names it by its Handler.
type Function struct {
	Path        string // logical ids, from the root stack: "Client/MessageSend"
	Name        string // physical name
	ARN         string
	Handler     string // name of the operation
	Memory      int    // MB
	Timeout     time.Duration
	Environment map[string]string
	// Concurrency is ReservedConcurrentExecutions, 0 if it is not given.
	Concurrency int
	// Recursive is true for RecursiveLoop: Allow.
	Recursive bool
	Queues    []QueueSource
	Streams   []StreamSource
	Schedules []Schedule
}

// A QueueSource invokes a function with the messages of a queue.
type QueueSource struct {
	Queue     string // name of the queue
	ARN       string
	BatchSize int
	Window    time.Duration
	// Partial is true for FunctionResponseTypes: [ReportBatchItemFailures].
	Partial bool
	// Concurrency is ScalingConfig.MaximumConcurrency, 0 if it is not given.
	Concurrency int
}

// A StreamSource invokes a function with the stream records of a table.
type StreamSource struct {
	Table     string // name of the table
	ARN       string // as the template sees it; the stream in DynamoDB Local has another one
	BatchSize int
	Partial   bool
	// Window is MaximumBatchingWindowInSeconds.
	Window time.Duration
	// FromStart is true for StartingPosition TRIM_HORIZON.
	FromStart bool
	// Retries is MaximumRetryAttempts. -1 means without limit, as on AWS.
	Retries int
	// MaxAge is MaximumRecordAgeInSeconds. 0 means without limit.
	MaxAge time.Duration
	// OnFailure is the address of the queue that hears of records that were given up, or
	// empty.
	OnFailure string
	// Bisect is BisectBatchOnFunctionError.
	Bisect bool
	// Filters are the patterns of FilterCriteria. If there are any, a record that
	// matches none of them is skipped.
	Filters []string
}

// A Schedule invokes a function at certain times.
type Schedule struct {
	Name       string
	Expression string // "rate(1 minute)" or "cron(...)"
	Input      string // the event; if it is empty, a Scheduled Event of EventBridge
}

// A Queue is one SQS queue.
type Queue struct {
	Path, Name, URL, ARN string
	Visibility           time.Duration
	Delay                time.Duration
	Wait                 time.Duration
	FIFO                 bool
	// DeadLetter is the name of the dead-letter queue, or empty. A message goes there
	// after MaxReceive receives.
	DeadLetter string
	MaxReceive int
}

// A Table is one DynamoDB table.
type Table struct {
	Path, Name, ARN   string
	HashKey, RangeKey Attribute // RangeKey.Name is empty if there is no range key
	TTL               string    // name of the TTL attribute, or empty
	Stream            string    // StreamViewType, or empty
	Indexes           []Index   // global secondary indexes
}

// An Index is a global secondary index of a table.
type Index struct {
	Name              string
	HashKey, RangeKey Attribute // RangeKey.Name is empty if there is no range key
	Projection        string    // KEYS_ONLY, INCLUDE or ALL
	Include           []string  // attributes, if Projection is INCLUDE
}

// An Attribute is a key attribute: its type is S, N or B.
type Attribute struct{ Name, Type string }

// A Key is a KMS key. Locally a file replaces it.
type Key struct{ Path, File string }

// Function returns the function with the given Handler.
func (m *Model) Function(handler string) (Function, bool) {
	for _, f := range m.Functions {
		if f.Handler == handler {
			return f, true
		}
	}
	return Function{}, false
}

// HTTP returns the HTTP APIs of the templates: one for each surface that has one.
func (m *Model) HTTP() []API {
	return slices.DeleteFunc(slices.Clone(m.APIs), func(a API) bool { return a.WebSocket })
}

// WebSocket returns the WebSocket API of the templates, or nil.
func (m *Model) WebSocket() *API {
	for i := range m.APIs {
		if m.APIs[i].WebSocket {
			return &m.APIs[i]
		}
	}
	return nil
}

// An Error is a mistake in a template, or something that the local cloud does not
// support. Its text is one line.
type Error struct {
	File    string // relative to the repository root where possible
	Logical string // logical id of the resource, or name of the section
	Advice  string // what is wrong and what to do
}

// Error returns the file, the logical id, what is wrong and what to do.
func (e *Error) Error() string {
	if e.Logical == "" {
		return fmt.Sprintf("%s: %s", e.File, e.Advice)
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Logical, e.Advice)
}
