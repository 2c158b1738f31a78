package sessions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/retry"
)

// Store keeps sessions.
type Store interface {
	// TakeSlot makes an attempt and returns the session as it was before; ok is
	// false when a need was not met, or the connection holds the slot already, or a
	// later connection of the same installation does: then nothing has changed. The
	// devices that lose their slots are then Leaving.
	TakeSlot(ctx context.Context, app int64, user string, t Take) (before Session, ok bool, err error)
	// LeaveSlot empties the slot that holds a connection, and notes when and why
	// it ended. slot is where the connection is likely to be; if
	// it is not there, it is looked for in the others. It returns whether the user
	// is watched.
	LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last Last) (watched bool, err error)
	// SignOut empties the slot of an installation, wherever it is, and takes the
	// installation from the Ends. slot may be empty. It returns whether the user is
	// watched.
	SignOut(ctx context.Context, app int64, user, slot, instance string, last Last) (watched bool, err error)
	// Expel takes devices their slots, all or none: then they are Leaving. ok is
	// false when one of them does not hold its slot any more.
	Expel(ctx context.Context, app int64, user string, e Expulsion) (ok bool, err error)
	// Tidy removes from a session what need not be kept. Where that has changed
	// meanwhile nothing is removed.
	Tidy(ctx context.Context, app int64, user string, t Tidying) error
	// SetBackground marks the device of an installation; false when it is not
	// connected. slot may be empty.
	SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error)
	// Sessions reads sessions strongly; a user without one has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]Session, error)
	// AccountNow reads an account strongly; nil where there is none.
	AccountNow(ctx context.Context, app int64, user string) (*accounts.Account, error)
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

// An Expulsion is devices that have to go, for one reason.
type Expulsion struct {
	Devices []Device
	Ends    []End // devices that are not connected and are signed out with them
	Last    *Last // nil: the last end is another one
	Kicked  *End  // what is remembered of a kick, for its repeat
}

// Expelled says that devices go for a reason, and with them what is remembered of
// devices that are not connected.
func (s Session) Expelled(devices []Device, ends []End, reason string, now time.Time) Expulsion {
	e := Expulsion{Devices: devices, Ends: ends}
	switch {
	case len(devices) > 0:
		d := devices[len(devices)-1].Now
		e.Last = &Last{Time: now.UnixMilli(), Reason: reason, Platform: d.Platform, Instance: d.Instance}
	case s.Last != nil && (len(ends) > 0 || !s.Last.SignedOut()):
		last := *s.Last // nobody is connected: when the last one was stays what it is
		last.Reason = reason
		e.Last = &last
	}
	return e
}

// A Tidying is what a session need not keep any more.
type Tidying struct {
	Leaving []Device // they are closed
	Ends    []End
	Kicks   []End
}

// Kicker closes the connections of a device that has lost its slot. Once it
// returns without an error they are closed, or a job is queued that closes them.
type Kicker interface {
	// Kick tells the device why it has to go; it does not come back by itself.
	Kick(ctx context.Context, d Device, reason string) error
	// Drop tells it nothing: it comes back if it may.
	Drop(ctx context.Context, d Device) error
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
	Again  retry.Retrier
}

// Connect gives the user's new connection a slot. Whom the policy excludes is
// kicked, and the oldest where there are too many. The same installation is only
// replaced, unless the link is fresh: then its connection before is kicked, too.
// It returns whether the user is watched.
//
// It may be repeated, after a call that ended anywhere: the repeat finds the
// connection in its slot and closes who has not been closed. What a later
// connection of the same installation has taken is refused with Conflict: the
// client has given this one up.
//
// The account is asked once the slot is taken. A kick, a ban or a deletion changes
// the account first and looks for slots then, so one of the two always sees the
// other. If the account refuses, the slot is empty again, and who has lost it
// before may come back.
func (s Service) Connect(ctx context.Context, user string, link Link) (watched bool, err error) {
	if link.Instance == "" || len(link.Instance) > MaxInstance {
		return false, fault.New(fault.Invalid, "instance has 1 to %d bytes", MaxInstance)
	}
	if link.Since == 0 {
		link.Since = s.Now().UnixMilli()
	}
	t, before, err := s.take(ctx, user, link)
	if err != nil {
		return false, err
	}
	goes, err := s.displaced(ctx, user, t, before)
	if err == nil {
		err = s.admit(ctx, user, link)
	}
	if err != nil {
		return false, errors.Join(err, s.giveBack(ctx, user, t, link, goes))
	}
	for _, d := range goes {
		if err := s.Kicker.Kick(ctx, d, "replaced"); err != nil {
			return false, err // the repeat finds who is Leaving
		}
	}
	return before.Watched(), s.tidy(ctx, user, t, before, goes)
}

// take puts a link into a slot, and returns the session as it was before. Where
// the link holds the slot already, Take has no slot that others could lose.
func (s Service) take(ctx context.Context, user string, link Link) (Take, Session, error) {
	t := s.guess(link)
	var before Session
	// A try fails if another device of the user connects or leaves at the same moment.
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		var ok bool
		var err error
		if before, ok, err = s.Store.TakeSlot(ctx, s.App, user, t); err != nil || ok {
			return ok, err
		}
		for _, d := range before.Devices {
			switch {
			case d.Now.Connection == link.Connection:
				t = Take{Slot: d.Slot, Link: link, Held: true}
				return true, nil
			case d.Now.Instance == link.Instance && d.Now.Since > link.Since && placeOf(d.Slot) == s.Policy.Place(link.Platform):
				return false, fault.New(fault.Conflict, "the installation has connected again since")
			}
		}
		t = s.choose(link, before.Devices)
		return false, nil
	})
	if err == nil && !done {
		err = fault.New(fault.Unavailable, "too many devices of %s connect at once", user)
	}
	return t, before, err
}

// displaced returns the devices that have to be closed once a link has its slot:
// those that it has cost their slots, and those that a call left that ended before
// it had closed them.
func (s Service) displaced(ctx context.Context, user string, t Take, before Session) (goes []Device, err error) {
	var out []Device
	for _, d := range before.Devices {
		same := d.Now.Instance == t.Link.Instance
		switch {
		case t.Held && d.Slot == t.Slot:
			if was := d.Previous; t.Link.Fresh && was != nil && was.Instance == t.Link.Instance {
				goes = append(goes, Device{Slot: d.Slot, Now: *was}) // of another client, as the call before has seen
			}
		case !d.Alive(s.Now()), same && !t.Link.Fresh:
		case !t.Held && (d.Slot == t.Slot || slices.Contains(t.Empty, d.Slot)):
			goes = append(goes, d)
		case !same && s.excluded(d, t.Link):
			out = append(out, d)
		}
	}
	goes = append(goes, s.leftovers(t.Link, before)...)
	// One that has lost its slot meanwhile has gone, or is of a connect that sees
	// this one.
	for _, d := range out {
		ok, err := s.Store.Expel(ctx, s.App, user, before.Expelled([]Device{d}, nil, "replaced", s.Now()))
		if err != nil {
			return goes, err
		}
		if ok {
			goes = append(goes, d)
		}
	}
	return goes, nil
}

// settled is when a call that has taken devices their slots has closed them, or
// has ended before it could: no such call lives longer.
const settled = 30 * time.Second

// leftovers returns the devices that a call took their slots and has not closed.
// Where it may still be about to, they are left to it; but if it was for the same
// installation, this call is its repeat.
func (s Service) leftovers(link Link, before Session) (list []Device) {
	now, place := s.Now(), s.Policy.Place(link.Platform)
	repeated := slices.ContainsFunc(before.Devices, func(d Device) bool {
		return d.Now.Instance == link.Instance && placeOf(d.Slot) == place
	})
	for _, d := range before.Leaving {
		mine := repeated && s.Policy.Place(d.Now.Platform) == place
		if d.Alive(now) && d.Now.Connection != link.Connection && (mine || now.Sub(before.changed()) > settled) {
			list = append(list, d)
		}
	}
	return list
}

// admit asks the account of a link that has its slot.
func (s Service) admit(ctx context.Context, user string, link Link) error {
	if link.Issued.IsZero() {
		return nil
	}
	a, err := s.Store.AccountNow(ctx, s.App, user)
	if err != nil {
		return err
	}
	return a.Serves(accounts.Caller{ID: user, Issued: link.Issued}, s.Now())
}

// giveBack empties the slot of a link that may not have it. Who has lost it is
// closed without a word: a device whose account lets it in comes back.
func (s Service) giveBack(ctx context.Context, user string, t Take, link Link, goes []Device) error {
	_, err := s.Store.LeaveSlot(ctx, s.App, user, t.Slot, link.Connection, s.last(link, refused))
	for _, d := range goes {
		err = errors.Join(err, s.Kicker.Drop(ctx, d))
	}
	return err
}

// tidy forgets the devices that are closed, and what else the session need not
// keep. A slot remembers one device that is Leaving: what was there before this
// connect has changed the slot is forgotten already.
func (s Service) tidy(ctx context.Context, user string, t Take, before Session, closed []Device) error {
	changed := slices.Clone(t.Empty)
	if !t.Held {
		changed = append(changed, t.Slot)
	}
	was := func(d Device) bool {
		return slices.ContainsFunc(before.Leaving, func(l Device) bool { return l.Now.Connection == d.Now.Connection })
	}
	out := Tidying{Ends: slices.DeleteFunc(before.untidy(s.Now()), func(e End) bool {
		return e.Instance == t.Link.Instance && e.Platform == t.Link.Platform // the connect has taken it away
	})}
	for _, d := range closed {
		if !was(d) || !slices.Contains(changed, d.Slot) {
			out.Leaving = append(out.Leaving, d)
		}
	}
	if len(out.Leaving)+len(out.Ends) == 0 {
		return nil
	}
	return s.Store.Tidy(ctx, s.App, user, out)
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
	return s.Store.SignOut(ctx, s.App, user, slot, link.Instance, s.last(link, "logout"))
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
// connected. The repeat of a kick says true without telling the device again, if it
// comes within five minutes. It returns whether the user is watched, too.
func (s Service) Kick(ctx context.Context, user, instance, reason string) (kicked, watched bool, err error) {
	// A try fails if the device is renewed, or leaves, at the same moment.
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (done bool, err error) {
		list, err := s.Store.Sessions(ctx, s.App, []string{user})
		if err != nil {
			return false, err
		}
		watched = list[0].Watched()
		kicked, done, err = s.kick(ctx, user, instance, reason, list[0])
		return done, err
	})
	if err == nil && !done {
		err = fault.New(fault.Conflict, "the installation %s connects at the same moment", instance)
	}
	return kicked, watched, err
}

// kick is a try of Kick with a session; done is false where the session has
// changed.
func (s Service) kick(ctx context.Context, user, instance, reason string, session Session) (kicked, done bool, err error) {
	now := s.Now()
	of := func(e End) bool { return e.Instance == instance }
	var goes []Device
	for _, d := range session.Devices {
		if d.Now.Instance == instance {
			goes = append(goes, d)
		}
	}
	var ends []End
	for _, e := range session.Ends {
		if of(e) {
			ends = append(ends, e)
		}
	}
	if len(goes)+len(ends) > 0 {
		e := session.Expelled(goes, ends, reason, now)
		if len(goes) > 0 {
			e.Kicked = &End{Instance: instance, Time: now.UnixMilli()}
		} else if session.Last == nil || session.Last.Instance != instance {
			e.Last = nil
		}
		if ok, err := s.Store.Expel(ctx, s.App, user, e); err != nil || !ok {
			return false, false, err
		}
	}
	t := Tidying{Leaving: goes, Ends: slices.DeleteFunc(session.untidy(now), of)}
	for _, d := range session.Leaving { // of a kick that ended before it had closed them
		if d.Now.Instance == instance && d.Alive(now) {
			if !slices.ContainsFunc(goes, func(o Device) bool { return o.Slot == d.Slot }) {
				t.Leaving = append(t.Leaving, d)
			}
			goes = append(goes, d)
		}
	}
	for _, k := range session.Kicks {
		recent := now.UnixMilli()-k.Time < repeat.Milliseconds()
		kicked = kicked || (recent && of(k))
		if !recent && !of(k) {
			t.Kicks = append(t.Kicks, k)
		}
	}
	for _, d := range goes {
		if err := s.Kicker.Kick(ctx, d, reason); err != nil {
			return false, false, err
		}
	}
	if len(goes) == 0 {
		return kicked, true, nil
	}
	return true, true, s.Store.Tidy(ctx, s.App, user, t)
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

// Serves reports whether a connection is one of the user's devices'. A user without
// a session has lost it whole: nothing is known of any connection.
func (s Service) Serves(ctx context.Context, user, connection string) (bool, error) {
	list, err := s.Store.Sessions(ctx, s.App, []string{user})
	if err != nil {
		return false, err
	}
	known := len(list[0].Devices) > 0 || list[0].Last != nil
	return !known || list[0].Serves(connection, s.Now()), nil
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
