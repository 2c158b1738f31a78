package delivery

import (
	"context"
	"time"

	"parley/shared/retry"
)

// A Crowd is everybody who stands in a relation to a user.
type Crowd string

// The crowds.
const (
	Friends  Crowd = "friends"  // who has the user in the friend table
	Watchers Crowd = "watchers" // who subscribed to the user's status
)

// An Announcement is an event for a crowd. A worker brings it page by page.
type Announcement struct {
	App   int64  `json:"app"`
	User  string `json:"user"`
	Crowd Crowd  `json:"crowd"`
	Frame []byte `json:"frame"`           // what they are told
	After string `json:"after,omitempty"` // the last one of the page before
}

// An AnnouncementQueue holds announcements for the worker.
type AnnouncementQueue interface {
	Send(ctx context.Context, a Announcement, delay time.Duration) error
}

// Crowds lists who is in a crowd.
type Crowds interface {
	// Crowd returns a page of a crowd in order of users, after one, and whether
	// more follow.
	Crowd(ctx context.Context, app int64, user string, crowd Crowd, after string, limit int) (users []string, more bool, err error)
}

const (
	// settle is how long a change of status waits before it is told, so that a
	// connection that flaps is one event or none.
	settle = 2 * time.Second

	crowdPage  = 100 // users whose sessions are read at once
	crowdPages = 10  // of one invocation of the worker
)

// Bring takes an announcement to its crowd, a number of pages at a time; it sends
// itself on where more are left, or the time of the call is. It may be repeated: a device that is told twice
// reads twice.
func (s Service) Bring(ctx context.Context, crowds Crowds, a Announcement) error {
	for range crowdPages {
		users, more, err := crowds.Crowd(ctx, s.App, a.User, a.Crowd, a.After, crowdPage)
		if err != nil || len(users) == 0 {
			return err
		}
		list, err := s.Store.Sessions(ctx, s.App, users)
		if err != nil {
			return err
		}
		if targets := s.targets(list, Origin{}); len(targets) > 0 {
			if _, err := s.post(ctx, Job{App: s.App, Frame: a.Frame, Targets: targets}); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		a.After = users[len(users)-1]
		if retry.Short(ctx, atMost+after) {
			break
		}
	}
	return s.Crowds.Send(ctx, a, 0)
}

// Moved has the watchers of a user told that the status may be another.
func (s Service) Moved(ctx context.Context, user string) error {
	return s.Crowds.Send(ctx, Announcement{App: s.App, User: user, Crowd: Watchers}, settle)
}

// Announce brings an event to a crowd, however large, by way of a queue: once it
// returns without an error, every device that is online is told.
func (s Service) Announce(ctx context.Context, user string, crowd Crowd, event Event) error {
	frame, err := s.Frame(event)
	if err != nil {
		return err
	}
	return s.Crowds.Send(ctx, Announcement{App: s.App, User: user, Crowd: crowd, Frame: frame}, 0)
}
