// Package direct holds the rules of one-to-one sending: who may write to whom, how a
// message is sent exactly once and gets its offset, batches, imports, merged lists, and
// the event that a user is typing.
package direct

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
)

// Service sends the one-to-one messages of an application.
type Service struct {
	clock.Clock

	App       int64
	Retention time.Duration
	Check     SenderCheck
	// MaxImageBytes and MaxFileBytes limit the bytes that elements name for images and sounds, and
	// for files and videos; 0: no limit. Imported messages are not checked.
	MaxImageBytes, MaxFileBytes int64
	Store                       Store
	MergedStore                 MergedStore
	Timeline                    timeline.Service
	Delivery                    delivery.Service
	Push                        push.Service
	// Parallel runs functions at the same time and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// retentionSeconds returns how long messages are stored.
func (s Service) retentionSeconds() int64 { return int64(s.Retention.Seconds()) }
