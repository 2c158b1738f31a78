package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/events"
)

// Each runs a function for each job of an SQS event and answers which failed,
// so that only those come again. A job that cannot be read fails too, and one that
// panics: it ends in the dead-letter queue, where somebody sees it, and the jobs
// beside it are done.
func Each[Job any](ctx context.Context, event []byte, run func(context.Context, Job) error) (events.SQSEventResponse, []error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return events.SQSEventResponse{}, []error{fmt.Errorf("not an SQS event: %w", err)}
	}
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	var errs []error
	for _, m := range batch.Records {
		var job Job
		err := json.Unmarshal([]byte(m.Body), &job)
		if err == nil {
			err = safely(ctx, job, run)
		}
		if err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			errs = append(errs, fmt.Errorf("message %s: %w", m.MessageId, err))
		}
	}
	return answer, errs
}

func safely[Job any](ctx context.Context, job Job, run func(context.Context, Job) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx, job)
}
