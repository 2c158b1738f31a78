package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// returnTime is how long a job may take to return after its context is done.
const returnTime = 50 * time.Millisecond

// errNoTime is the error of a job that was not run because the time of its batch was over.
var errNoTime = errors.New("the batch had no time left for it")

// Each runs a function for each job of an SQS event, and returns which jobs failed, so
// that SQS delivers only those again. A job that cannot be decoded fails, and so does one
// that panics. The other jobs of the batch still run. A job that always fails reaches the
// dead-letter queue, where an operator sees it.
//
// Each job gets an equal share of the time that is left before the deadline of ctx. Time
// that a job does not use is shared by the jobs after it. Example: a batch of 4 jobs has
// 20 s. The first one hangs and fails after 5 s; the others still have 5 s each.
func Each[Job any](ctx context.Context, event []byte, run func(context.Context, Job) error) (events.SQSEventResponse, []error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return events.SQSEventResponse{}, []error{fmt.Errorf("not an SQS event: %w", err)}
	}
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var errs []error
	for i, m := range batch.Records {
		var job Job
		err := json.Unmarshal([]byte(m.Body), &job)
		if err == nil {
			err = runInShare(ctx, len(batch.Records)-i, func(ctx context.Context) error { return run(ctx, job) })
		}
		if err != nil {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			errs = append(errs, fmt.Errorf("message %s: %w", m.MessageId, err))
		}
	}
	return response, errs
}

// runInShare runs a job in its share of the time that is left for it and the jobs after
// it; jobs is their number. A job that ignores the end of its context fails, and goes on
// in its goroutine.
func runInShare(ctx context.Context, jobs int, run func(context.Context) error) error {
	deadline, ok := ctx.Deadline()
	if !ok { // in a test only: Lambda always sets a deadline
		return recovering(ctx, run)
	}
	left := time.Until(deadline) - returnTime
	if ctx.Err() != nil || left <= 0 {
		return errNoTime
	}
	share := left / time.Duration(jobs)
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- recovering(ctx, run) }()
	timer := time.NewTimer(share + returnTime)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("the job does not return: %w", context.DeadlineExceeded)
	}
}

// recovering runs a job and turns a panic into an error.
func recovering(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx)
}
