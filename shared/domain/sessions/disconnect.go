package sessions

import (
	"context"
	"slices"
	"time"

	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// Disconnect empties the slot of a connection that has closed. If the slot belongs to
// another connection by now, Disconnect leaves it alone, so the call may come late or
// twice. Example: a phone renews c1 by c2, and then the disconnect event of c1
// arrives: the slot of c2 stays as it is. Disconnect returns whether the user is
// watched.
func (s Service) Disconnect(ctx context.Context, user string, conn Connection, reason string) (watched bool, err error) {
	return s.store.ReleaseSlot(ctx, s.app, user, s.preferredSlot(conn), conn.ID, s.last(conn, reason))
}

// Logout empties the slot of an installation and signs it out: push does not reach the
// installation until it signs in again. An installation that is not connected may sign
// out as well. Logout returns whether the user is watched.
func (s Service) Logout(ctx context.Context, user string, conn Connection) (watched bool, err error) {
	slot, err := s.ownSlot(conn)
	if err != nil {
		return false, err
	}
	return s.store.SignOut(ctx, s.app, user, slot, conn.Instance, s.last(conn, "logout"))
}

// A KickRequest takes the slots of devices, for one reason.
type KickRequest struct {
	Devices []Device
	Ends    []End    // disconnected devices that are signed out by it
	Last    *LastEnd // nil: the stored end of the last connection stays
	Kicked  *End     // is remembered for a repeat of the kick; nil: not a kick
}

// NewKickRequest returns the KickRequest of devices and of ends of disconnected devices, for a
// reason.
func (s Session) NewKickRequest(devices []Device, ends []End, reason string, now time.Time) KickRequest {
	e := KickRequest{Devices: devices, Ends: ends}
	switch {
	case len(devices) > 0:
		d := devices[len(devices)-1].Current
		e.Last = &LastEnd{Time: now.UnixMilli(), Reason: reason, Platform: d.Platform, Instance: d.Instance}
	case s.Last != nil && (len(ends) > 0 || !s.Last.SignedOut()):
		last := *s.Last // no device is connected: only the reason changes, not the time
		last.Reason = reason
		e.Last = &last
	}
	return e
}

// A Cleanup is what a session need not remember any more.
type Cleanup struct {
	Leaving []Device // they are closed
	Ends    []End
	Kicks   []End
}

// Kick closes the device of the user that has the given installation id. kicked is
// false if no such device is connected. A repeat of a kick within five minutes returns
// true and does not send the device another frame. Kick also returns whether the user
// is watched.
func (s Service) Kick(ctx context.Context, user, instance, reason string) (kicked, watched bool, err error) {
	// A commit fails if the device renews its connection or disconnects at the same moment.
	unit := unitofwork.New(
		func(ctx context.Context, _ bool) (Session, error) {
			list, err := s.store.Sessions(ctx, s.app, []string{user})
			if err != nil {
				return Session{}, err
			}
			return list[0], nil
		},
		func(session Session) (kickPlan, error) {
			return planKick(session, instance, reason, s.clock.Now()), nil
		},
		func(ctx context.Context, p kickPlan) (bool, error) {
			return s.store.KickDevices(ctx, s.app, user, p.request)
		},
	)
	p, err := unit.Run(ctx, s.clock, fault.New(fault.Conflict, "the installation %s connects at the same moment", instance))
	if err != nil {
		return false, false, err
	}
	kicked, err = s.closeKicked(ctx, user, instance, reason, p)
	return kicked, p.session.Watched(), err
}

// A kickPlan says what a kick takes from a session.
type kickPlan struct {
	session Session
	request KickRequest
	devices []Device // which lose their slots
	at      time.Time
}

// Empty implements unitofwork.Plan.
func (p kickPlan) Empty() bool { return len(p.request.Devices)+len(p.request.Ends) == 0 }

// planKick plans to kick the devices of an installation.
func planKick(session Session, instance, reason string, now time.Time) kickPlan {
	p := kickPlan{session: session, at: now}
	for _, d := range session.Devices {
		if d.Current.Instance == instance {
			p.devices = append(p.devices, d)
		}
	}
	var ends []End
	for _, e := range session.Ends {
		if e.Instance == instance {
			ends = append(ends, e)
		}
	}
	if len(p.devices)+len(ends) == 0 {
		return p
	}
	p.request = session.NewKickRequest(p.devices, ends, reason, now)
	if len(p.devices) > 0 {
		p.request.Kicked = &End{Instance: instance, Time: now.UnixMilli()}
	} else if session.Last == nil || session.Last.Instance != instance {
		p.request.Last = nil
	}
	return p
}

// closeKicked closes the connections of the devices that a plan has kicked, and of those that
// an earlier kick has left open. It returns whether the installation is kicked, by this call
// or by an earlier one.
func (s Service) closeKicked(ctx context.Context, user, instance, reason string, p kickPlan) (kicked bool, err error) {
	session, devices, now := p.session, p.devices, p.at
	ofInstance := func(e End) bool { return e.Instance == instance }
	cleanup := Cleanup{Leaving: devices, Ends: slices.DeleteFunc(session.endsToRemove(now), ofInstance)}
	for _, d := range session.Leaving { // an earlier kick died before it had closed them
		if d.Current.Instance == instance && d.Alive(now) {
			if !slices.ContainsFunc(devices, func(o Device) bool { return o.Slot == d.Slot }) {
				cleanup.Leaving = append(cleanup.Leaving, d)
			}
			devices = append(devices, d)
		}
	}
	for _, k := range session.Kicks {
		recent := now.UnixMilli()-k.Time < kickWindow.Milliseconds()
		kicked = kicked || (recent && ofInstance(k))
		if !recent && !ofInstance(k) {
			cleanup.Kicks = append(cleanup.Kicks, k)
		}
	}
	for _, d := range devices {
		if err := s.kicker.Kick(ctx, d, reason); err != nil {
			return false, err
		}
	}
	if len(devices) == 0 {
		return kicked, nil
	}
	return true, s.store.CleanUp(ctx, s.app, user, cleanup)
}
