// Package presence tells who is online. A state is derived from where a user is
// connected and when that ended; it is never stored, so no time that passes costs
// a write (core spec §5, docs/data-model.md §4).
package presence

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

// A State is what others see of a user.
type State string

// The states.
const (
	Online     State = "Online"     // a connection is open
	PushOnline State = "PushOnline" // none, but a mobile device can be reached by push
	Offline    State = "Offline"    // signed out, never signed in, or away for too long
)

// MaxUsers is how many users one query may name (core spec §5.1).
const MaxUsers = 500

// A Device is a device in a presence: its platform and state.
type Device struct {
	Platform sessions.Platform
	Instance string
	State    State
}

// A Presence is what is known of where a user is.
type Presence struct {
	User    string
	State   State
	Devices []Device
	Status  string // what the user chose to show
	LastMs  int64  // when the last connection ended; 0 while one is open, or never
}

// Of derives a presence. Several devices: Online if any is, else PushOnline if any
// is. Each device has its own state; those that are Offline are not listed.
func Of(s sessions.Session, now time.Time) Presence {
	p := Presence{User: s.User, State: Offline, Status: s.Status}
	for _, d := range s.Devices {
		if d.Alive(now) {
			p.State = Online
			p.Devices = append(p.Devices, Device{d.Now.Platform, d.Now.Instance, Online})
		}
	}
	for _, e := range s.Away(now) {
		if p.State == Offline {
			p.State = PushOnline
		}
		p.Devices = append(p.Devices, Device{e.Platform, e.Instance, PushOnline})
	}
	if last := s.Ended(now); last != nil && p.State != Online {
		p.LastMs = last.Time
	}
	return p
}

// Store reads what presences are derived from, and keeps who watches whom.
type Store interface {
	delivery.Crowds

	Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error)
	Accounts(ctx context.Context, app int64, ids []string) ([]*accounts.Account, error)

	// Watching tells, strongly, which of targets the watcher watches, and how many
	// it watches in all.
	Watching(ctx context.Context, app int64, watcher string, targets []string) (has []bool, count int, err error)
	// Watch has the watcher watch all targets, whom it did not watch; false, and
	// nothing changed, where it does watch one or would watch more than limit.
	Watch(ctx context.Context, app int64, watcher string, targets []string, limit int) (bool, error)
	// Unwatch is the reverse; false where the watcher does not watch one.
	Unwatch(ctx context.Context, app int64, watcher string, targets []string) (bool, error)
	// Watched returns a page of whom the watcher watches, after a user.
	Watched(ctx context.Context, app int64, watcher, after string, limit int) (targets []string, more bool, err error)
	// MarkWatched notes that a subscription to a user has come, forgets what
	// watchers were told, and returns the session.
	MarkWatched(ctx context.Context, app int64, user string) (sessions.Session, error)
	// MarkUnwatched notes that nobody watches, unless a subscription came since
	// there were so many.
	MarkUnwatched(ctx context.Context, app int64, user string, watches int64) error
	// MarkTold notes what watchers were told, and when that was so, unless a
	// subscription came since there were so many, or something newer was told.
	MarkTold(ctx context.Context, app int64, user, told string, ms, watches int64) error
	// SetStatus sets what a user chooses to show, and returns the session.
	SetStatus(ctx context.Context, app int64, user, status string) (sessions.Session, error)
	// ForgetPresence removes the count of subscriptions; what a session says of
	// presence goes with the session.
	ForgetPresence(ctx context.Context, app int64, user string) error
}

// Service answers for an application's users.
type Service struct {
	App      int64
	Limit    int // of those whom a user watches
	Store    Store
	Out      delivery.Service
	Now      func() time.Time
	Again    retry.Retrier
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// Query returns presences in the order of users; nil for who is no account. A
// user may stand there more than once.
func (s Service) Query(ctx context.Context, users []string) ([]*Presence, error) {
	ids := distinct(users)
	at := make(map[string]int, len(ids))
	for i, u := range ids {
		at[u] = i
	}
	known, err := s.Store.Accounts(ctx, s.App, ids)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Sessions(ctx, s.App, ids)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	out := make([]*Presence, len(users))
	for i, u := range users {
		if j, ok := at[u]; ok && known[j].Alive() {
			p := Of(list[j], now)
			out[i] = &p
		}
	}
	return out, nil
}
