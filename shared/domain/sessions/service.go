package sessions

import (
	"context"
	"time"

	"parley/shared/fault"
)

// Store keeps sessions.
type Store interface {
	// TakeSlot puts a link into a slot, the one before it into Previous, and
	// returns what the slot held.
	TakeSlot(ctx context.Context, app int64, user, slot string, link Link) (*Link, error)
	// LeaveSlot empties a slot if it still holds the connection, and notes when
	// and why the user was last online.
	LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last Last) error
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
// held it is kicked; the same installation is only replaced.
func (s Service) Connect(ctx context.Context, user string, link Link) error {
	if link.Instance == "" || len(link.Instance) > MaxInstance {
		return fault.New(fault.Invalid, "instance has 1 to %d bytes", MaxInstance)
	}
	link.Since = s.Now().UnixMilli()
	old, err := s.Store.TakeSlot(ctx, s.App, user, s.Policy.Slot(link.Platform), link)
	if err != nil {
		return err
	}
	if old == nil || old.Instance == link.Instance || s.Now().UnixMilli()-old.Since >= Life.Milliseconds() {
		return nil
	}
	return s.Kicker.Kick(ctx, *old, "replaced")
}

// Disconnect frees the slot of a connection that has closed. A slot that was
// given to another connection is left alone, so it may come late or twice.
func (s Service) Disconnect(ctx context.Context, user string, link Link, reason string) error {
	return s.Store.LeaveSlot(ctx, s.App, user, s.Policy.Slot(link.Platform), link.Connection,
		Last{Time: s.Now().UnixMilli(), Reason: reason, Platform: link.Platform})
}
