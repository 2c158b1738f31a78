package messages

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
)

// Typing tells that a user is writing to another one, or has stopped.
type Typing struct {
	From, To string
	On       bool
	TimeMs   int64
}

// Typing tells the devices of the peer that have the app in front. Nothing is
// stored; a device that misses it misses nothing. Who may not send may not tell
// that either. Whether the peer exists is not looked at: nobody is told then.
func (s Service) Typing(ctx context.Context, t Typing, issued time.Time, origin delivery.Origin) error {
	if err := (Draft{From: t.From, To: t.To}).checkParties(); err != nil {
		return err
	}
	var p Parties
	var session sessions.Session
	err := s.Parallel(ctx,
		func(ctx context.Context) (err error) {
			p, err = s.Store.Writer(ctx, s.App, t.From, t.To, s.FriendsOnly)
			return err
		},
		func(ctx context.Context) (err error) {
			session, err = s.Store.Glance(ctx, s.App, t.To)
			return err
		},
	)
	if err != nil {
		return err
	}
	if _, err := s.mayWrite(ctx, t.From, p.From, issued); err != nil {
		return err
	}
	if silenced, err := s.mayReach(p); err != nil || silenced {
		return err
	}
	session.Devices = slices.DeleteFunc(session.Devices, func(d sessions.Device) bool { return d.Now.Background })
	t.TimeMs = s.Now().UnixMilli()
	return s.Out.Flash(ctx, []sessions.Session{session}, origin, t)
}

// A Sender is what is shown beside the messages of a user.
type Sender struct{ User, Nick, Face string }

// Senders returns what is shown of users, of those who have something.
func (s Service) Senders(ctx context.Context, users ...string) ([]Sender, error) {
	list, err := s.Store.Accounts(ctx, s.App, users)
	if err != nil {
		return nil, err
	}
	var out []Sender
	for _, a := range list {
		if a.Alive() && a.Nick+a.Face != "" {
			out = append(out, Sender{User: a.ID, Nick: a.Nick, Face: a.Face})
		}
	}
	return out, nil
}
