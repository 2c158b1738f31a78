// Package direct holds the rules of one-to-one sending: who may write to whom, how a
// message is sent exactly once and gets its offset, batches, imports, merged lists, and
// the event that a user is typing.
package direct

import (
	"time"

	"parley/shared/clock"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/domain/timeline"
	"parley/shared/parallel"
)

// Settings are what an application says about its one-to-one messages.
type Settings struct {
	Retention time.Duration
	// Files limit the files that a message names. Imported messages are not checked.
	Files content.FileLimits
}

// Service sends the one-to-one messages of an application.
type Service struct {
	app         int64
	settings    Settings
	check       SenderCheck
	store       Store
	claims      ClaimStore
	mergedStore MergedStore
	timeline    timeline.Service
	delivery    delivery.Service
	push        push.Service
	clock       clock.Clock
	parallel    parallel.Runner
}

// New returns the Service of an application.
func New(
	app int64, s Settings, check SenderCheck, store Store, claims ClaimStore, merged MergedStore,
	t timeline.Service, d delivery.Service, p push.Service, c clock.Clock, r parallel.Runner,
) Service {
	return Service{
		app: app, settings: s, check: check, store: store, claims: claims, mergedStore: merged,
		timeline: t, delivery: d, push: p, clock: c, parallel: r,
	}
}

// Retention returns how long messages are stored.
func (s Service) Retention() time.Duration { return s.settings.Retention }

// retentionSeconds returns how long messages are stored.
func (s Service) retentionSeconds() int64 { return int64(s.settings.Retention.Seconds()) }
