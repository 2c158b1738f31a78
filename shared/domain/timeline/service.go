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
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/parallel"
)

// IdempotencyWindow is the idempotency window: within it a repeat of a send is answered like
// the first call (docs/spec/tencent §6.0).
const IdempotencyWindow = 120 * time.Second

// Settings are what an application says about its stored messages.
type Settings struct {
	// Recallable is how long a sender may recall a message (docs/spec/tencent §1.4).
	Recallable time.Duration
	Files      content.FileLimits // of edited messages
	Extensible bool               // extensions may be attached to messages (docs/spec/tencent §6.11)
}

// Service reads and changes the stored messages of an application.
type Service struct {
	app            int64
	settings       Settings
	check          SenderCheck
	store          Store
	changeStore    ChangeStore
	extensionStore ExtensionStore
	delivery       delivery.Service
	members        MemberNotifier
	clock          clock.Clock
	parallel       parallel.Runner
}

// New returns the Service of an application. check says who may edit messages and react to
// them; members delivers to the members of groups.
func New(
	app int64, s Settings, check SenderCheck, store Store, changes ChangeStore, extensions ExtensionStore,
	d delivery.Service, members MemberNotifier, c clock.Clock, r parallel.Runner,
) Service {
	return Service{
		app: app, settings: s, check: check, store: store, changeStore: changes, extensionStore: extensions,
		delivery: d, members: members, clock: c, parallel: r,
	}
}

// A MemberNotifier delivers events to the devices of the members of groups.
type MemberNotifier interface {
	// DeliverAfterCommit delivers an event whose change is stored: a failure is logged and not
	// returned. If only is not nil, it delivers to those of these users who are members.
	DeliverAfterCommit(ctx context.Context, group string, only []string, origin delivery.Origin, event delivery.Event)
}

// A SenderCheck says whether a user may write to a conversation.
type SenderCheck interface {
	// Admit refuses a user who may not write to the other one, or to the group. It returns the
	// birth of the user's account. If the other one blocks the user and the application blocks
	// silently, it returns blockedSilently and no error.
	Admit(ctx context.Context, by Actor, from string, id chat.ID) (born int64, blockedSilently bool, err error)
}
