// Package source invokes functions with what queues, table streams and
// schedules bring, as the event source mappings and rules of the templates say.
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

// Options say where the sources read from.
type Options struct {
	DynamoDB, SQS string // endpoints
	Region        string // default "us-east-1"
	Functions     Invoker
	// Retry, when not zero, is how soon a failed queue message comes again.
	// Zero waits for the visibility timeout, as on AWS.
	Retry time.Duration
	// Concurrency is the most batches of one queue at a time. Default 5, with
	// which the pollers of AWS start.
	Concurrency int
	// Checkpoints is the file that remembers how far each stream was read.
	// Empty: a stream is read from its StartingPosition.
	Checkpoints string
	// Report is told of failures that are retried. May be nil.
	Report func(error)
}

// Sources are the running sources.
type Sources struct {
	options Options
	stop    context.CancelFunc
	running sync.WaitGroup
	queues  *sqs.Client
	tables  *dynamodb.Client
	streams *dynamodbstreams.Client
	saved   *checkpoints

	schedules []schedule
}

type schedule struct {
	template.Schedule
	function string
}

// Start begins to read every source of the functions. When it returns, what is
// written to a stream or sent to a queue from then on is delivered.
func Start(ctx context.Context, functions []template.Function, o Options) (*Sources, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Concurrency == 0 {
		o.Concurrency = 5
	}
	reading, stop := context.WithCancel(context.Background())
	s := &Sources{
		options: o, stop: stop, queues: backing.Queues(o.SQS), tables: backing.Client(o.DynamoDB),
		streams: dynamodbstreams.New(dynamodbstreams.Options{Region: o.Region, BaseEndpoint: aws.String(o.DynamoDB), Credentials: backing.Credentials()}),
	}
	var err error
	if s.saved, err = openCheckpoints(o.Checkpoints); err != nil {
		stop()
		return nil, err
	}
	for _, f := range functions {
		for _, q := range f.Queues {
			s.queue(reading, f, q)
		}
		for _, t := range f.Streams {
			if err := s.stream(ctx, reading, f, t); err != nil {
				s.Stop()
				return nil, fmt.Errorf("stream of %s for %s: %w", t.Table, f.Handler, err)
			}
		}
		for _, t := range f.Schedules {
			next, err := parse(t.Expression)
			if err != nil {
				s.Stop()
				return nil, fmt.Errorf("schedule %s: %w", t.Name, err)
			}
			job := schedule{t, f.Handler}
			s.schedules = append(s.schedules, job)
			s.running.Go(func() { s.clock(reading, job, next) })
		}
	}
	return s, nil
}

// Stop reads no more and waits for the batches under way.
func (s *Sources) Stop() {
	s.stop()
	s.running.Wait()
}

// Count answers how many queues, streams and schedules are read.
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

// wait sleeps and answers false when the sources stop.
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

// failed reads a batch answer: the identifiers that failed, or all. The rules
// are those of ReportBatchItemFailures: an answer that makes no sense fails
// the whole batch, an empty one is a success.
func failed(result lambda.Result, err error, partial bool, known []string) (ids map[string]bool, all bool) {
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
	valid := map[string]bool{}
	for _, id := range known {
		valid[id] = true
	}
	ids = map[string]bool{}
	for _, f := range answer.Failures {
		if f.ID == nil || !valid[*f.ID] {
			return nil, true
		}
		ids[*f.ID] = true
	}
	return ids, false
}
