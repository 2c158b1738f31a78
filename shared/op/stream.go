package op

import (
	"context"
	"fmt"
	"time"

	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// Stream makes an operation that Lambda invokes with the stream records of a table, in
// batches. filter is the pattern of the event source: only matching records are
// delivered. If a batch fails, Lambda delivers its records again until they succeed,
// perhaps in other batches, so the operation must be repeatable. Example: a batch of
// the records 1 to 5 fails at record 4. Lambda may deliver 1 to 3 next, then 4 and 5.
func Stream(name string, from schema.Table, filter string, run func(context.Context, *Call, []dynamo.StreamRecord) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Triggers: []Trigger{{Stream: from, Filter: filter}},
		Func:     run,
		Protocol: batchProtocol{},
		Run: func(ctx context.Context, c *Call) (any, error) {
			records, err := dynamo.ReadStream(c.Request.Event)
			if err != nil {
				return nil, err
			}
			return nil, run(ctx, c, records)
		},
	}, append([]Option{Timeout(time.Minute)}, options...)...)
}

// Schedule makes an operation that Lambda invokes at intervals, for example
// "rate(15 minutes)". If a run fails, Lambda tries it twice more; after that the next
// run must do what it left.
func Schedule(name, every string, run func(context.Context, *Call) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Triggers: []Trigger{{Schedule: every}},
		Func:     run,
		Protocol: batchProtocol{},
		Run:      func(ctx context.Context, c *Call) (any, error) { return nil, run(ctx, c) },
	}, options...)
}

// batchProtocol is the Protocol of operations that streams and schedules invoke. Nobody
// reads the answer: a call succeeds or fails as a whole.
type batchProtocol struct{}

// Decode implements Protocol.
func (batchProtocol) Decode(c *Call, event []byte) error {
	c.Request.Event = event
	return nil
}

// Identify implements Protocol. There is no caller: only AWS invokes these functions.
func (batchProtocol) Identify(context.Context, *Call) error { return nil }

// Encode implements Protocol.
func (batchProtocol) Encode(_ *Call, _ any, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("failed: %w", err)
	}
	return []byte("{}"), nil
}

// Number implements Protocol.
func (batchProtocol) Number(*Call, error) int { return 1 }
