package delivery

import (
	"context"
	"time"
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
	// Frame is what they are told. Without one they are told the user's status
	// as the worker finds it, if it is another than they were told last.
	Frame []byte `json:"frame,omitempty"`
	After string `json:"after,omitempty"` // the last one of the page before
}

// An AnnouncementQueue holds announcements for the worker.
type AnnouncementQueue interface {
	Send(ctx context.Context, a Announcement, delay time.Duration) error
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
