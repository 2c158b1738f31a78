// Package source reads the queues, the table streams and the schedules that the
// templates name as event sources, and invokes the functions with what it reads.
package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"parley/infra/local/backing"
	"parley/infra/local/lambda"
	"parley/infra/local/template"
)

// An Invoker runs a function: *lambda.Service.
type Invoker interface {
	Invoke(ctx context.Context, function string, event []byte) (lambda.Result, error)
}

// Options say what the sources read and whom they invoke.
type Options struct {
	DynamoDB, SQS string // endpoints
	Region        string // default "us-east-1"
	Functions     Invoker
	// Retry is how soon a queue message that failed is received again. Zero means
	// after the visibility timeout of the queue, as on AWS.
	Retry time.Duration
	// Concurrency is how many batches of one queue may be processed at the same
	// time. Default 5: Lambda starts with as many pollers.
	Concurrency int
	// Checkpoints is the file that stores how far each stream was read. If it is
	// empty, nothing is stored, and each start reads from StartingPosition.
	Checkpoints string
	// Report receives errors, after which the sources go on. May be nil.
	Report func(error)
}

// Sources are the running sources.
type Sources struct {
	options     Options
	stop        context.CancelFunc
	running     sync.WaitGroup
	queues      *sqs.Client
	tables      *dynamodb.Client
	streams     *dynamodbstreams.Client
	checkpoints *checkpoints

	schedules []schedule
}

type schedule struct {
	template.Schedule
	function string
}

// Start begins to read every source of the functions. Everything that is written
// to a table or sent to a queue after Start has returned is delivered.
func Start(ctx context.Context, functions []template.Function, o Options) (*Sources, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Concurrency == 0 {
		o.Concurrency = 5
	}
	running, stop := context.WithCancel(context.Background()) // until Stop
	s := &Sources{
		options: o, stop: stop, queues: backing.Queues(o.SQS), tables: backing.Client(o.DynamoDB),
		streams: dynamodbstreams.New(dynamodbstreams.Options{Region: o.Region, BaseEndpoint: aws.String(o.DynamoDB), Credentials: backing.Credentials()}),
	}
	var err error
	if s.checkpoints, err = openCheckpoints(o.Checkpoints); err != nil {
		stop()
		return nil, err
	}
	for _, f := range functions {
		for _, q := range f.Queues {
			s.readQueue(running, f, q)
		}
		for _, t := range f.Streams {
			if err := s.readStream(ctx, running, f, t); err != nil {
				s.Stop()
				return nil, fmt.Errorf("stream of %s for %s: %w", t.Table, f.Handler, err)
			}
		}
		for _, t := range f.Schedules {
			next, err := parseSchedule(t.Expression)
			if err != nil {
				s.Stop()
				return nil, fmt.Errorf("schedule %s: %w", t.Name, err)
			}
			job := schedule{t, f.Handler}
			s.schedules = append(s.schedules, job)
			s.running.Go(func() { s.runSchedule(running, job, next) })
		}
	}
	return s, nil
}

// Stop stops reading and waits until the running invocations have finished.
func (s *Sources) Stop() {
	s.stop()
	s.running.Wait()
}

// Count returns how many queues, streams and schedules the functions read.
func Count(functions []template.Function) (queues, streams, schedules int) {
	for _, f := range functions {
		queues += len(f.Queues)
		streams += len(f.Streams)
		schedules += len(f.Schedules)
	}
	return
}

func (s *Sources) report(err error) {
	if s.options.Report != nil && err != nil && !errors.Is(err, context.Canceled) {
		s.options.Report(err)
	}
}

// wait sleeps for d. It returns false at once if ctx ends.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// failedItems returns which of the items of a batch failed. partial says whether
// the mapping has ReportBatchItemFailures; if so, the rules of AWS hold: an empty
// answer is a success, and an answer that is malformed or names an unknown item
// fails the whole batch. Example: for a batch a, b the answer
// {"batchItemFailures":[{"itemIdentifier":"b"}]} means that a has succeeded.
func failedItems(result lambda.Result, err error, partial bool, batch []string) (ids map[string]bool, all bool) {
	if err != nil || result.FunctionError != "" {
		return nil, true
	}
	if !partial {
		return nil, false
	}
	text := strings.TrimSpace(string(result.Payload))
	if text == "" || text == "null" {
		return nil, false
	}
	var answer struct {
		Failures []struct {
			ID *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if json.Unmarshal(result.Payload, &answer) != nil {
		return nil, true
	}
	inBatch := map[string]bool{}
	for _, id := range batch {
		inBatch[id] = true
	}
	ids = map[string]bool{}
	for _, f := range answer.Failures {
		if f.ID == nil || !inBatch[*f.ID] {
			return nil, true
		}
		ids[*f.ID] = true
	}
	return ids, false
}
