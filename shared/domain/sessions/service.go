package sessions

import (
	"context"
	"time"

	"parley/shared/fault"
)

// Store keeps sessions.
type Store interface {
	// TakeSlot puts a link into a slot, the one before it into Previous, and
	// returns what the slot held, and whether the user is watched.
	TakeSlot(ctx context.Context, app int64, user, slot string, link Link) (old *Link, watched bool, err error)
	// LeaveSlot empties a slot if it still holds the connection, and notes when
	// and why the user was last online. It returns whether the user is watched.
	LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last Last) (watched bool, err error)
	// Sessions reads sessions strongly; a user without one has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]Session, error)
}

// Last tells of the end of a user's last connection.
type Last struct {
	Time     int64 // ms
	Reason   string
	Platform Platform
}

// Kicker closes a connection whose device has to go, after telling it why.
type Kicker interface {
	Kick(ctx context.Context, link Link, reason string) error
}

// Service opens and closes the connections of an application's users.
type Service struct {
	App    int64
	Policy Policy
	Store  Store
	Kicker Kicker
	Now    func() time.Time
}

// Connect gives the user's slot to a new connection. Another installation that
// held it is kicked; the same installation is only replaced. It returns whether
// the user is watched.
func (s Service) Connect(ctx context.Context, user string, link Link) (watched bool, err error) {
	if link.Instance == "" || len(link.Instance) > MaxInstance {
		return false, fault.New(fault.Invalid, "instance has 1 to %d bytes", MaxInstance)
	}
	link.Since = s.Now().UnixMilli()
	old, watched, err := s.Store.TakeSlot(ctx, s.App, user, s.Policy.Slot(link.Platform), link)
	if err != nil {
		return false, err
	}
	if old == nil || old.Instance == link.Instance || s.Now().UnixMilli()-old.Since >= Life.Milliseconds() {
		return watched, nil
	}
	return watched, s.Kicker.Kick(ctx, *old, "replaced")
}

// Disconnect frees the slot of a connection that has closed. A slot that was
// given to another connection is left alone, so it may come late or twice.
// It returns whether the user is watched.
func (s Service) Disconnect(ctx context.Context, user string, link Link, reason string) (watched bool, err error) {
	return s.Store.LeaveSlot(ctx, s.App, user, s.Policy.Slot(link.Platform), link.Connection,
		Last{Time: s.Now().UnixMilli(), Reason: reason, Platform: link.Platform})
}
