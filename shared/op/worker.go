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

// Worker makes an operation that Lambda invokes with the jobs of a queue. If a job
// fails, SQS delivers that job again, without the others of its batch. After five
// failures SQS moves it to the dead-letter queue.
func Worker[Job any](name string, from queue.Name, run func(context.Context, *Call, Job) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Triggers: []Trigger{{Queue: from}},
		Func:     run,
		Protocol: queueProtocol{},
		Run: func(ctx context.Context, c *Call) (any, error) {
			response, errs := queue.Each(ctx, c.Request.Event, func(ctx context.Context, job Job) error { return run(ctx, c, job) })
			return response, errors.Join(errs...)
		},
	}, append([]Option{Timeout(30 * time.Second)}, options...)...)
}

// queueProtocol is the Protocol of operations that SQS queues invoke.
type queueProtocol struct{}

// Decode implements Protocol. queue.Each decodes the jobs one by one later, so that one
// that cannot be decoded fails alone.
func (queueProtocol) Decode(c *Call, event []byte) error {
	c.Request.Event = event
	return nil
}

// Identify implements Protocol. There is no caller: only functions of Parley write to
// the queues.
func (queueProtocol) Identify(context.Context, *Call) error { return nil }

// Encode implements Protocol. The answer names the jobs that failed. If the event could
// not be decoded, the function fails, and SQS delivers the whole batch again.
func (queueProtocol) Encode(_ *Call, out any, err error) ([]byte, error) {
	response, ok := out.(events.SQSEventResponse)
	if !ok || (err != nil && len(response.BatchItemFailures) == 0) {
		return nil, fmt.Errorf("batch failed: %w", err)
	}
	return json.Marshal(response)
}

// Number implements Protocol.
func (queueProtocol) Number(*Call, error) int { return 1 }
