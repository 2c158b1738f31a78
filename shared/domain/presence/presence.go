// Package presence says who is online. A presence is derived from the user's
// connections and from the end of the last one. It is never stored, so time that
// passes costs no write (docs/spec/tencent §5, docs/data-model.md §4). Example: a phone
// disconnects on Monday and is PushOnline. A week later it is Offline, and nothing was
// written.
package presence

import (
	"context"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/parallel"
)

// A State is the online state of a user or of a device, as other users see it.
type State string

// The states.
const (
	Online     State = "Online"     // a connection is open
	PushOnline State = "PushOnline" // no connection is open, but push reaches a mobile device
	Offline    State = "Offline"    // signed out, never signed in, or disconnected for too long
)

const (
	// MaxUsers is how many users one query may name (docs/spec/tencent §5.1).
	MaxUsers = 500
	// MaxStatus is the maximum length of a custom status, in bytes.
	MaxStatus = 64
)

// A Device is one device of a presence.
type Device struct {
	Platform sessions.Platform
	Instance string
	State    State
}

// A Presence is the online state of a user and of the user's devices.
type Presence struct {
	User    string
	State   State
	Devices []Device
	Status  string // the custom status that the user has set
	LastMs  int64  // when the last connection ended; 0 if one is open, or if there was none
}

// FromSession derives a presence from a session. The user is Online if a device is, or else
// PushOnline if a device is. Devices that are Offline are not listed.
func FromSession(s sessions.Session, now time.Time) Presence {
	p := Presence{User: s.User, State: Offline, Status: s.Status}
	for _, d := range s.Devices {
		if d.Alive(now) {
			p.State = Online
			p.Devices = append(p.Devices, Device{d.Current.Platform, d.Current.Instance, Online})
		}
	}
	for _, e := range s.PushTargets(now) {
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

// A SessionStore reads the sessions that presences are derived from, and stores in them
// what watchers were told.
type SessionStore interface {
	// Sessions reads sessions strongly, in the order of users. A user without a session
	// has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error)
	// RecordSubscription adds one to the user's Watches, empties NotifiedState, and
	// returns the session.
	RecordSubscription(ctx context.Context, app int64, user string) (sessions.Session, error)
	// RecordUnwatched stores that nobody watches the user, unless Watches is no
	// longer what it was when the caller read it.
	RecordUnwatched(ctx context.Context, app int64, user string, watches int64) error
	// RecordNotified stores which state was delivered to the watchers, and the time (ms)
	// of that state. It stores nothing if Watches is no longer what it was when the
	// caller read it, or if a later state was delivered.
	RecordNotified(ctx context.Context, app int64, user, state string, ms, watches int64) error
	// SetStatus stores the custom status of a user, and returns the session.
	SetStatus(ctx context.Context, app int64, user, status string) (sessions.Session, error)
}

// A WatchStore stores who watches whom.
type WatchStore interface {
	// Watching reads strongly which of the targets the watcher watches, and how many
	// users the watcher watches in all.
	Watching(ctx context.Context, app int64, watcher string, targets []string) (watching []bool, count int, err error)
	// Watch makes the watcher watch all targets. It returns false, and nothing has
	// changed, if the watcher watches one of them already, or would watch more than
	// limit users.
	Watch(ctx context.Context, app int64, watcher string, targets []string, limit int) (bool, error)
	// Unwatch ends the subscriptions of the watcher to all targets. It returns false,
	// and nothing has changed, if the watcher does not watch one of them.
	Unwatch(ctx context.Context, app int64, watcher string, targets []string) (bool, error)
	// WatchedUsers returns a page of the users whom the watcher watches, from the first one
	// after a user.
	WatchedUsers(ctx context.Context, app int64, watcher, after string, limit int) (targets []string, more bool, err error)
	// ForgetPresence deletes the count of the user's subscriptions. What the session
	// says of presence is deleted with the session.
	ForgetPresence(ctx context.Context, app int64, user string) error
}

// Service answers for the users of an application.
type Service struct {
	app       int64
	limit     int
	sessions  SessionStore
	watches   WatchStore
	audiences delivery.AudienceStore
	accounts  accounts.Reader
	delivery  delivery.Service
	clock     clock.Clock
	parallel  parallel.Runner
}

// New returns the Service of an application. limit is the most users that one user may watch;
// only new subscriptions need it.
func New(
	app int64, limit int, sessions SessionStore, watches WatchStore, audiences delivery.AudienceStore,
	a accounts.Reader, d delivery.Service, c clock.Clock, r parallel.Runner,
) Service {
	return Service{
		app: app, limit: limit, sessions: sessions, watches: watches, audiences: audiences,
		accounts: a, delivery: d, clock: c, parallel: r,
	}
}

// Query returns the presences of users, in their order. The presence of a user without
// an account is nil. A user may be named more than once.
func (s Service) Query(ctx context.Context, users []string) ([]*Presence, error) {
	ids := accounts.Distinct(users)
	index := make(map[string]int, len(ids))
	for i, u := range ids {
		index[u] = i
	}
	living, err := accounts.Living(ctx, s.accounts, s.app, ids)
	if err != nil {
		return nil, err
	}
	userSessions, err := s.sessions.Sessions(ctx, s.app, ids)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	presences := make([]*Presence, len(users))
	for i, u := range users {
		if living[u] != nil {
			p := FromSession(userSessions[index[u]], now)
			presences[i] = &p
		}
	}
	return presences, nil
}

// SetStatus sets the user's custom status; an empty one removes it. The event is
// delivered to the user's other devices at once, and to watchers by way of a queue.
func (s Service) SetStatus(ctx context.Context, user, status string, origin delivery.Origin) error {
	if len(status) > MaxStatus {
		return fault.New(fault.TextTooLong, "a custom status has at most %d bytes of UTF-8", MaxStatus)
	}
	session, err := s.sessions.SetStatus(ctx, s.app, user, status)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if err := s.delivery.DeliverTo(ctx, []sessions.Session{session}, origin, Changed{FromSession(session, now), now.UnixMilli()}); err != nil {
		return err
	}
	return s.NotifyWatchers(ctx, user, session.Watched())
}
