package messages

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/retry"
)

// Service sends, changes and reads the one-to-one messages of an application.
type Service struct {
	App       int64
	Retention time.Duration
	// FriendsOnly: users can write only to friends (docs/spec/tencent §8.0).
	FriendsOnly bool
	// BlockSilently: if the receiver blocks the sender, the message is accepted and
	// stored, but only its sender sees it. Otherwise it is refused
	// (docs/spec/tencent §8.0, docs/divergences.md).
	BlockSilently bool
	// Retrier repeats a write that failed because another call came first.
	Retrier retry.Retrier
	// Callers checks the account of a sender that is not Trusted.
	Callers *accounts.Callers
	// Recallable is how long a sender may recall a message (docs/spec/tencent §1.4).
	Recallable time.Duration
	// MaxImageBytes and MaxFileBytes limit the bytes that elements name for images and sounds, and
	// for files and videos; 0: no limit. Imported messages are not checked.
	MaxImageBytes, MaxFileBytes int64
	Extensions                  bool // extensions may be attached to messages (docs/spec/tencent §6.11)
	Store                       Store
	Delivery                    delivery.Service
	Push                        push.Service
	Now                         func() time.Time
	// Parallel runs functions at the same time and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// retentionSeconds returns how long messages are stored.
func (s Service) retentionSeconds() int64 { return int64(s.Retention.Seconds()) }
