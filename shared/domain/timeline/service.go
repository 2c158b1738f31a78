// Package timeline holds the rules of stored messages: what a message is, how a
// conversation's history is read, who sees what of it, and how messages are changed
// later: recall, edit, deletion, reactions, read receipts, extensions. The operation log
// tells devices of these changes.
package timeline

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// IdempotencyWindow is the idempotency window: within it a repeat of a send is answered like
// the first call (docs/spec/tencent §6.0).
const IdempotencyWindow = 120 * time.Second

// Service reads and changes the stored messages of an application.
type Service struct {
	clock.Clock

	App int64
	// Check says who may edit messages and react to them.
	Check SenderCheck
	// Recallable is how long a sender may recall a message (docs/spec/tencent §1.4).
	Recallable time.Duration
	// MaxImageBytes and MaxFileBytes limit the bytes that elements name for images and sounds, and
	// for files and videos; 0: no limit.
	MaxImageBytes, MaxFileBytes int64
	Extensible                  bool // extensions may be attached to messages (docs/spec/tencent §6.11)
	Store                       Store
	ChangeStore                 ChangeStore
	ExtensionStore              ExtensionStore
	Delivery                    delivery.Service
	// Parallel runs functions at the same time and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// A SenderCheck says whether a user may write to the other user of a conversation.
type SenderCheck interface {
	// Admit refuses a user who may not write to the other one. It returns the birth of
	// the user's account. If the other one blocks the user and the application blocks
	// silently, it returns blockedSilently and no error.
	Admit(ctx context.Context, by Actor, from string, id chat.ID) (born int64, blockedSilently bool, err error)
}
