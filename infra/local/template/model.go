package template

import (
	"fmt"
	"time"
)

// A Model is everything the templates say exists.
type Model struct {
	Functions []Function
	APIs      []API
	Queues    []Queue
	Tables    []Table
	Keys      []Key
	Buckets   []string // names
	// Outputs are those of the root stack.
	Outputs map[string]string
}

// A Function is one Lambda function. Its Handler names it everywhere else.
type Function struct {
	Path        string // logical ids from the root, "Client/MessageSend"
	Name        string // physical name
	ARN         string
	Handler     string // the operation
	Memory      int    // MB
	Timeout     time.Duration
	Environment map[string]string
	// Concurrency is ReservedConcurrentExecutions, 0 when not reserved.
	Concurrency int
	Queues      []QueueSource
	Streams     []StreamSource
	Schedules   []Schedule
}

// A QueueSource invokes a function with messages of a queue.
type QueueSource struct {
	Queue     string // name of the queue
	ARN       string
	BatchSize int
	Window    time.Duration
	// Partial is FunctionResponseTypes: [ReportBatchItemFailures].
	Partial bool
	// Concurrency is ScalingConfig.MaximumConcurrency, 0 when not given.
	Concurrency int
}

// A StreamSource invokes a function with the changes of a table.
type StreamSource struct {
	Table     string // name of the table
	ARN       string // the template's, not DynamoDB Local's
	BatchSize int
	Window    time.Duration
	Partial   bool
	// FromStart is StartingPosition TRIM_HORIZON.
	FromStart bool
	// Retries is MaximumRetryAttempts; -1 is for ever, as on AWS.
	Retries int
	// Bisect is BisectBatchOnFunctionError.
	Bisect bool
	// Filters are the patterns of FilterCriteria: a change that none of them fits
	// is skipped. None: every change fits.
	Filters []string
}

// A Schedule invokes a function at times.
type Schedule struct {
	Name       string
	Expression string // "rate(1 minute)" or "cron(...)"
	Input      string // the event; empty for the default one
}

// A Queue is one SQS queue.
type Queue struct {
	Path, Name, URL, ARN string
	Visibility           time.Duration
	Delay                time.Duration
	Wait                 time.Duration
	FIFO                 bool
	// DeadLetter is the name of the dead-letter queue, with MaxReceive.
	DeadLetter string
	MaxReceive int
}

// A Table is one DynamoDB table.
type Table struct {
	Path, Name, ARN   string
	HashKey, RangeKey Attribute // RangeKey.Name is empty without one
	TTL               string    // attribute, empty without
	Stream            string    // view type, empty without
	Indexes           []Index   // global secondary ones
}

// An Index is a global secondary index of a table.
type Index struct {
	Name              string
	HashKey, RangeKey Attribute // RangeKey.Name is empty without one
	Projection        string    // KEYS_ONLY, INCLUDE or ALL
	Include           []string  // attributes, for INCLUDE
}

// An Attribute is a key attribute: its type is S, N or B.
type Attribute struct{ Name, Type string }

// A Key is a KMS key, played by a file.
type Key struct{ Path, File string }

// Function finds a function by its handler.
func (m *Model) Function(handler string) (Function, bool) {
	for _, f := range m.Functions {
		if f.Handler == handler {
			return f, true
		}
	}
	return Function{}, false
}

// HTTP is the HTTP API of the templates, nil when there is none.
func (m *Model) HTTP() *API { return m.api(false) }

// WebSocket is the WebSocket API of the templates, nil when there is none.
func (m *Model) WebSocket() *API { return m.api(true) }

func (m *Model) api(socket bool) *API {
	for i := range m.APIs {
		if m.APIs[i].WebSocket == socket {
			return &m.APIs[i]
		}
	}
	return nil
}

// An Error is a mistake in a template, or a thing the local cloud cannot do.
// It fits one line.
type Error struct {
	File    string // relative to the repository root where possible
	Logical string // logical id, or section
	Advice  string // what is wrong and what to do
}

// Error names the file, the logical id and what to do.
func (e *Error) Error() string {
	if e.Logical == "" {
		return fmt.Sprintf("%s: %s", e.File, e.Advice)
	}
	return fmt.Sprintf("%s: %s: %s", e.File, e.Logical, e.Advice)
}
