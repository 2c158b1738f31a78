// Package groupchat holds the rules of the messages of groups: who may send, how a message gets its
// number, who receives it, the tips and notices about a group's changes, and the history by
// numbers.
package groupchat

import (
	"time"

	"parley/shared/clock"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/fanout"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/parallel"
)

// Window is the idempotency window of a group: within it a repeat of a send is answered like the
// first call (docs/spec/tencent §18.1).
const Window = 5 * time.Minute

// Settings are what an application says about the messages of its groups.
type Settings struct {
	Retention time.Duration
	Files     content.FileLimits // of messages that are sent; imported ones are not checked
	Directed  bool               // messages may go to some members only
	Receipts  bool               // messages may ask for read receipts
}

// Service sends and reads the messages of the groups of an application.
type Service struct {
	app      int64
	settings Settings
	check    SenderCheck
	heads    HeadStore
	senders  SenderStore
	receipts ReceiptStore
	timeline timeline.Service
	fanout   fanout.Service
	delivery delivery.Service
	push     push.Service
	clock    clock.Clock
	parallel parallel.Runner
}

// New returns the Service of an application.
func New(
	app int64, s Settings, check SenderCheck, heads HeadStore, senders SenderStore, receipts ReceiptStore, t timeline.Service, f fanout.Service,
	d delivery.Service, p push.Service, c clock.Clock, r parallel.Runner,
) Service {
	return Service{
		app: app, settings: s, check: check, heads: heads, senders: senders, receipts: receipts, timeline: t, fanout: f, delivery: d, push: p, clock: c, parallel: r,
	}
}

// retentionSeconds returns how long messages are stored.
func (s Service) retentionSeconds() int64 { return int64(s.settings.Retention.Seconds()) }
