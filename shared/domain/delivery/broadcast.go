package delivery

import (
	"context"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

// An Audience is all users who stand in one relation to a user.
type Audience string

// The audiences.
const (
	Friends  Audience = "friends"  // those who have the user in their friend table
	Watchers Audience = "watchers" // those who have subscribed to the user's presence
	Members  Audience = "members"  // the members of the group that stands in place of the user, without those who want no messages
)

// A Broadcast is an event for an audience. A worker delivers it page by page.
type Broadcast struct {
	App      int64    `json:"app"`
	User     string   `json:"user"`
	Audience Audience `json:"crowd"`
	Frame    []byte   `json:"frame"`            // empty: the worker makes it, see presence.Service and groupchat.Delivery
	After    string   `json:"after,omitempty"`  // the last user of the page before
	Origin   *Origin  `json:"origin,omitempty"` // the device that caused the event; nil: none
}

// origin returns the device to which the broadcast is not delivered.
func (b Broadcast) origin() Origin {
	if b.Origin == nil {
		return Origin{}
	}
	return *b.Origin
}

// A BroadcastQueue holds broadcasts for the worker.
type BroadcastQueue interface {
	Send(ctx context.Context, b Broadcast, delay time.Duration) error
}

// AudienceStore lists the users of an audience.
type AudienceStore interface {
	// Audience returns a page of an audience in the order of user ids, from the first
	// user after the given one, and whether more users follow.
	Audience(ctx context.Context, app int64, user string, audience Audience, after string, limit int) (users []string, more bool, err error)
}

const (
	// statusDelay is how long a change of status waits before it is delivered. If a
	// connection is lost and opened again within that time, watchers receive one event
	// or none.
	statusDelay = 2 * time.Second

	audiencePage  = 100 // users whose sessions are read in one request
	audiencePages = 10  // pages of one invocation of the worker
)

// DeliverBroadcast delivers a broadcast to its audience, some pages in one call. If
// users are left, or the call has no time for another page, it queues the broadcast for
// the rest. It may be repeated: a device may receive the event twice.
func (s Service) DeliverBroadcast(ctx context.Context, audiences AudienceStore, b Broadcast) error {
	for range audiencePages {
		users, more, err := audiences.Audience(ctx, s.app, b.User, b.Audience, b.After, audiencePage)
		if err != nil || len(users) == 0 {
			return err
		}
		list, err := s.sessionsOf(ctx, b, users)
		if err != nil {
			return err
		}
		if targets := s.targets(list, b.origin()); len(targets) > 0 {
			if _, err := s.post(ctx, Job{App: s.app, Frame: b.Frame, Targets: targets}); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		b.After = users[len(users)-1]
		if retry.TimeLeftBelow(ctx, maxPostTime+timeAfterPosts) {
			break
		}
	}
	return s.broadcasts.Send(ctx, b, 0)
}

// sessionsOf reads the sessions of a page of an audience. For a group that is not strong: it is half
// the price, and a device that has just connected finds the message by its sync.
func (s Service) sessionsOf(ctx context.Context, b Broadcast, users []string) ([]sessions.Session, error) {
	if b.Audience == Members {
		return s.store.SessionsEventually(ctx, s.app, users)
	}
	return s.Sessions(ctx, users)
}

// NotifyWatchers queues a broadcast to the watchers of a user, whose status may have
// changed. It has no frame: the worker reads the status when it runs.
func (s Service) NotifyWatchers(ctx context.Context, user string) error {
	return s.broadcasts.Send(ctx, Broadcast{App: s.app, User: user, Audience: Watchers}, statusDelay)
}

// QueueMembers queues a broadcast to the members of a group. It has no frame: the worker reads the
// messages when it runs.
func (s Service) QueueMembers(ctx context.Context, group string) error {
	return s.broadcasts.Send(ctx, Broadcast{App: s.app, User: group, Audience: Members}, 0)
}

// Broadcast queues an event for an audience of any size. If it returns no error, the
// event will be delivered to every device that is online.
func (s Service) Broadcast(ctx context.Context, user string, audience Audience, event Event) error {
	return s.BroadcastFrom(ctx, user, audience, Origin{}, event)
}

// BroadcastFrom is Broadcast for an event that is not delivered to its origin.
func (s Service) BroadcastFrom(ctx context.Context, user string, audience Audience, origin Origin, event Event) error {
	frame, err := s.encoder.Frame(event)
	if err != nil {
		return err
	}
	b := Broadcast{App: s.app, User: user, Audience: audience, Frame: frame}
	if origin != (Origin{}) {
		b.Origin = &origin
	}
	return s.broadcasts.Send(ctx, b, 0)
}
