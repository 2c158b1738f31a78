package op

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"parley/shared/queue"
)

// Worker makes the operation that takes the jobs of a queue. A job that fails
// comes again, alone; after five times it goes to the dead-letter queue.
func Worker[Job any](name string, from queue.Name, run func(context.Context, *Call, Job) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Doors:    []Door{{Queue: from}},
		Func:     FuncName(run),
		Protocol: worker{},
		Run: func(ctx context.Context, c *Call) (any, error) {
			answer, errs := queue.Each(ctx, c.Request.Event, func(ctx context.Context, job Job) error { return run(ctx, c, job) })
			return answer, errors.Join(errs...)
		},
	}, append([]Option{Takes(512, 30*time.Second)}, options...)...)
}

type worker struct{}

// Decode implements Protocol: jobs are read one by one, so that a bad one harms
// no other.
func (worker) Decode(c *Call, event []byte) error {
	c.Request.Event = event
	return nil
}

// Identify implements Protocol: only our own functions write to the queues.
func (worker) Identify(context.Context, *Call) error { return nil }

// Encode implements Protocol: which jobs failed. Where nothing could be read the
// whole batch comes again.
func (worker) Encode(_ *Call, out any, err error) ([]byte, error) {
	answer, ok := out.(events.SQSEventResponse)
	if !ok || (err != nil && len(answer.BatchItemFailures) == 0) {
		return nil, fmt.Errorf("batch failed: %w", err)
	}
	return json.Marshal(answer)
}

// Number implements Protocol.
func (worker) Number(*Call, error) int { return 1 }
