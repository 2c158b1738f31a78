package sessions

import (
	"cmp"
	"context"
	"slices"
	"time"

	"parley/shared/fault"
)

// Store keeps sessions.
type Store interface {
	// TakeSlot makes an attempt and returns the session as it was before; ok is
	// false when a need was not met and nothing has changed.
	TakeSlot(ctx context.Context, app int64, user string, t Take) (before Session, ok bool, err error)
	// LeaveSlot empties the slot that holds a connection, and notes when and why
	// the user was last online. slot is where the connection is likely to be; if
	// it is not there, it is looked for in the others. It returns whether the user
	// is watched.
	LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last Last) (watched bool, err error)
	// SignOut is LeaveSlot for an installation. It returns the device; nil where
	// the installation was not connected: then it changes the end of its last
	// connection, if that was the user's last. slot may be empty. It returns
	// whether the user is watched, too.
	SignOut(ctx context.Context, app int64, user, slot, instance string, last Last) (d *Device, watched bool, err error)
	// SetBackground marks the device of an installation; false when it is not
	// connected. slot may be empty.
	SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error)
	// Sessions reads sessions strongly; a user without one has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]Session, error)
	// ForgetSession removes a user's session.
	ForgetSession(ctx context.Context, app int64, user string) error
}

// Last tells of the end of a user's last connection.
type Last struct {
	Time     int64 // ms
	Reason   string
	Platform Platform
	Instance string // empty where it is not known
}

// Kicker closes the connections of a device that has to go, after telling it why.
type Kicker interface {
	Kick(ctx context.Context, d Device, reason string) error
}

// Service opens and closes the connections of an application's users.
type Service struct {
	App    int64
	Policy Policy
	// Native and Web are how many devices of one platform may be online; less
	// than one counts as one.
	Native, Web int
	// Spread is over how many seconds clients spread their reconnects.
	Spread int
	Store  Store
	Kicker Kicker
	Now    func() time.Time
	Wait   func(ctx context.Context, d time.Duration)
}

// attempts bounds the tries of a connect. One fails when another device of the
// user connects or leaves at the same moment; from the third on it waits, longer
// each time, so that one of several gets through.
const (
	attempts  = 20
	firstWait = 2 * time.Millisecond
)

// Connect gives the user's new connection a slot. Whom the policy excludes is
// kicked, and the oldest where there are too many. The same installation is only
// replaced, unless the link is fresh: then its connection before is kicked, too.
// It returns whether the user is watched.
func (s Service) Connect(ctx context.Context, user string, link Link) (watched bool, err error) {
	if link.Instance == "" || len(link.Instance) > MaxInstance {
		return false, fault.New(fault.Invalid, "instance has 1 to %d bytes", MaxInstance)
	}
	link.Since = s.Now().UnixMilli()
	take := s.guess(link)
	for try := range attempts {
		if try > 1 {
			s.Wait(ctx, firstWait<<min(try-2, 5))
		}
		before, ok, err := s.Store.TakeSlot(ctx, s.App, user, take)
		if err != nil {
			return false, err
		}
		if ok {
			return before.Watched(), s.replace(ctx, user, take, before.Devices)
		}
		take = s.choose(link, before.Devices)
	}
	return false, fault.New(fault.Unavailable, "too many devices of %s connect at once", user)
}

// replace kicks the devices that a connect has cost their slots.
func (s Service) replace(ctx context.Context, user string, t Take, before []Device) error {
	for _, d := range before {
		same := d.Now.Instance == t.Link.Instance
		if !d.Alive(s.Now()) || same && (!t.Link.Fresh || d.Now.Connection == t.Link.Connection) {
			continue
		}
		if !same && d.Slot != t.Slot && !slices.Contains(t.Empty, d.Slot) {
			if !s.excluded(d, t.Link) {
				continue
			}
			last := Last{Time: t.Link.Since, Reason: "replaced", Platform: d.Now.Platform, Instance: d.Now.Instance}
			if _, err := s.Store.LeaveSlot(ctx, s.App, user, d.Slot, d.Now.Connection, last); err != nil {
				return err
			}
		}
		if err := s.Kicker.Kick(ctx, d, "replaced"); err != nil {
			return err
		}
	}
	return nil
}

// excluded reports whether a device has to go that holds a slot of another
// policy, the one that was in force when it connected.
func (s Service) excluded(d Device, link Link) bool {
	place := s.Policy.Place(link.Platform)
	return placeOf(d.Slot) != place && s.Policy.Place(d.Now.Platform) == place &&
		(!d.Now.Platform.alike(link.Platform) || s.limit(link.Platform) == 1)
}

// Disconnect frees the slot of a connection that has closed. A slot that was
// given to another connection is left alone, so it may come late or twice. It
// returns whether the user is watched.
func (s Service) Disconnect(ctx context.Context, user string, link Link, reason string) (watched bool, err error) {
	return s.Store.LeaveSlot(ctx, s.App, user, s.likely(link), link.Connection, s.last(link, reason))
}

// Logout frees the slot of an installation at once and for good: no push reaches
// it until it signs in again. One that is not connected may sign out, too. It
// returns whether the user is watched.
func (s Service) Logout(ctx context.Context, user string, link Link) (watched bool, err error) {
	slot, err := s.own(link)
	if err != nil {
		return false, err
	}
	_, watched, err = s.Store.SignOut(ctx, s.App, user, slot, link.Instance, s.last(link, "logout"))
	return watched, err
}

// SetBackground marks whether the app of an installation is in front.
func (s Service) SetBackground(ctx context.Context, user string, link Link, background bool) error {
	slot, err := s.own(link)
	if err != nil {
		return err
	}
	found, err := s.Store.SetBackground(ctx, s.App, user, slot, link.Instance, background)
	if err == nil && !found {
		err = fault.New(fault.Invalid, "the installation %s is not connected", link.Instance)
	}
	return err
}

// Kick closes a device of the user by its installation; false when it is not
// connected. It returns whether the user is watched, too.
func (s Service) Kick(ctx context.Context, user, instance, reason string) (kicked, watched bool, err error) {
	d, watched, err := s.Store.SignOut(ctx, s.App, user, "", instance, s.last(Link{Instance: instance}, reason))
	if err != nil || d == nil {
		return false, watched, err
	}
	return true, watched, s.Kicker.Kick(ctx, *d, reason)
}

// Devices lists the devices of a user, in the order of their connections.
func (s Service) Devices(ctx context.Context, user string) ([]Device, error) {
	list, err := s.Store.Sessions(ctx, s.App, []string{user})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list[0].Devices, func(a, b Device) int { return cmp.Compare(a.Now.Since, b.Now.Since) })
	return list[0].Devices, nil
}

// Forget implements accounts.Forgetter.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	return false, s.Store.ForgetSession(ctx, s.App, user)
}

// own is where the caller's installation is likely to be; empty where the caller
// does not say on which platform it runs.
func (s Service) own(link Link) (slot string, err error) {
	if link.Instance == "" || len(link.Instance) > MaxInstance {
		return "", fault.New(fault.Invalid, "the installation that calls is not named")
	}
	if link.Platform == "" {
		return "", nil
	}
	return s.likely(link), nil
}

func (s Service) last(link Link, reason string) Last {
	return Last{Time: s.Now().UnixMilli(), Reason: reason, Platform: link.Platform, Instance: link.Instance}
}
