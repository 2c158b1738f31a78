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

// notice is how long a job may take to return once its time is over.
const notice = 50 * time.Millisecond

// errNoTime is the failure of a job that the batch had no time for.
var errNoTime = errors.New("the batch had no time left for it")

// Each runs a function for each job of an SQS event and answers which failed,
// so that only those come again. A job that cannot be read fails too, and one that
// panics: it ends in the dead-letter queue, where somebody sees it, and the jobs
// beside it are done.
//
// The time up to the deadline of ctx is the jobs' in equal parts, and what one
// leaves is for those after it: a job that hangs fails when its part is over, and
// its neighbours are done.
func Each[Job any](ctx context.Context, event []byte, run func(context.Context, Job) error) (events.SQSEventResponse, []error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return events.SQSEventResponse{}, []error{fmt.Errorf("not an SQS event: %w", err)}
	}
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var errs []error
	for i, m := range batch.Records {
		var job Job
		err := json.Unmarshal([]byte(m.Body), &job)
		if err == nil {
			err = fairly(ctx, len(batch.Records)-i, func(ctx context.Context) error { return run(ctx, job) })
		}
		if err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			errs = append(errs, fmt.Errorf("message %s: %w", m.MessageId, err))
		}
	}
	return answer, errs
}

// fairly runs a job in its part of the time that is left for it and those after
// it. A job that takes no notice of its end is left alone.
func fairly(ctx context.Context, jobs int, run func(context.Context) error) error {
	end, ok := ctx.Deadline()
	if !ok { // only a test has all the time there is
		return safely(ctx, run)
	}
	left := time.Until(end) - notice
	if ctx.Err() != nil || left <= 0 {
		return errNoTime
	}
	part := left / time.Duration(jobs)
	ctx, cancel := context.WithTimeout(ctx, part)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- safely(ctx, run) }()
	over := time.NewTimer(part + notice)
	defer over.Stop()
	select {
	case err := <-done:
		return err
	case <-over.C:
		return fmt.Errorf("the job does not return: %w", context.DeadlineExceeded)
	}
}

func safely(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx)
}
