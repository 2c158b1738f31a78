package op

import (
	"context"
	"fmt"
	"time"

	"parley/shared/store"
)

// Stream makes the operation that takes the changes of a table, in batches as
// they come, and those alone that a filter of the event source lets through. A
// batch that fails comes again until it does not, cut otherwise perhaps.
func Stream(name string, from store.Table, filter string, run func(context.Context, *Call, []store.Change) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Doors:    []Door{{Stream: from, Filter: filter}},
		Func:     FuncName(run),
		Protocol: source{},
		Run: func(ctx context.Context, c *Call) (any, error) {
			changes, err := store.ReadChanges(c.Request.Event)
			if err != nil {
				return nil, err
			}
			return nil, run(ctx, c, changes)
		},
	}, append([]Option{Takes(512, time.Minute)}, options...)...)
}

// Schedule makes the operation that runs again and again, "rate(15 minutes)". A
// run that fails is tried twice more, and then by the next.
func Schedule(name, every string, run func(context.Context, *Call) error, options ...Option) Operation {
	return New(Operation{
		Name:     "worker." + name,
		Doors:    []Door{{Schedule: every}},
		Func:     FuncName(run),
		Protocol: source{},
		Run:      func(ctx context.Context, c *Call) (any, error) { return nil, run(ctx, c) },
	}, options...)
}

// source is the protocol of what is answered by nobody: a call succeeds or fails
// as a whole.
type source struct{}

// Decode implements Protocol.
func (source) Decode(c *Call, event []byte) error {
	c.Request.Event = event
	return nil
}

// Identify implements Protocol: only AWS invokes these functions.
func (source) Identify(context.Context, *Call) error { return nil }

// Encode implements Protocol.
func (source) Encode(_ *Call, _ any, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("failed: %w", err)
	}
	return []byte("{}"), nil
}

// Number implements Protocol.
func (source) Number(*Call, error) int { return 1 }
