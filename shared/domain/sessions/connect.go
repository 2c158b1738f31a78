package sessions

import (
	"context"
	"errors"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/timeouts"
)

// Connect gives a new connection of the user a slot. It kicks the devices that the
// policy excludes, and the oldest devices if there are too many. A connection of the
// same installation is only replaced, not kicked, unless the new one is Fresh. Connect
// returns whether the user is watched.
//
// Connect may be repeated wherever the call before ended: the repeat finds the
// connection in its slot, and closes the devices that are not closed yet. If a later
// connection of the same installation has the slot, Connect fails with Conflict.
// Example: a phone opens c1, gives it up and opens c2. The call of c2 runs first. The
// call of c1 is refused, so c2 keeps the slot.
//
// The account is read after the slot is taken. A kick, a ban or a deletion changes the
// account first and reads the slots afterwards, so one of the two calls always sees
// the other. Example: alice is banned while her phone connects. Either Connect reads
// the banned account, or the ban reads the slot and closes the phone. If the account
// refuses the connection, its slot is emptied again, and the devices that it had
// displaced may connect again.
func (s Service) Connect(ctx context.Context, user string, conn Connection) (watched bool, err error) {
	if conn.Instance == "" || len(conn.Instance) > MaxInstance {
		return false, fault.New(fault.Invalid, "%s has 1 to %d bytes", fault.Instance, MaxInstance)
	}
	if conn.OpenedAt == 0 {
		conn.OpenedAt = s.clock.Now().UnixMilli()
	}
	claim, before, err := s.claimSlot(ctx, user, conn)
	if err != nil {
		return false, err
	}
	displaced, err := s.displaced(ctx, user, claim, before)
	if err == nil {
		err = s.checkAccount(ctx, user, conn)
	}
	if err != nil {
		return false, errors.Join(err, s.undo(ctx, user, claim, conn, displaced))
	}
	for _, d := range displaced {
		if err := s.kicker.Kick(ctx, d, "replaced"); err != nil {
			return false, err // the repeat finds the device in Leaving
		}
	}
	return before.Watched(), s.cleanUp(ctx, user, claim, before, displaced)
}

// displaced returns the devices that must be closed once a claim has succeeded: those
// that lost their slots to it, and those that an earlier call displaced and did not
// close before it died.
func (s Service) displaced(ctx context.Context, user string, claim SlotClaim, before Session) (displaced []Device, err error) {
	var expelled []Device
	for _, d := range before.Devices {
		sameInstance := d.Current.Instance == claim.Connection.Instance
		switch {
		case claim.AlreadyHeld && d.Slot == claim.Slot:
			if previous := d.Previous; claim.Connection.Fresh && previous != nil && previous.Instance == claim.Connection.Instance {
				// This is a repeat: the first call has moved the connection of the other
				// client to Previous.
				displaced = append(displaced, Device{Slot: d.Slot, Current: *previous})
			}
		case !d.Alive(s.clock.Now()), sameInstance && !claim.Connection.Fresh:
		case !claim.AlreadyHeld && (d.Slot == claim.Slot || slices.Contains(claim.Empty, d.Slot)):
			displaced = append(displaced, d)
		case !sameInstance && s.excluded(d, claim.Connection):
			expelled = append(expelled, d)
		}
	}
	displaced = append(displaced, s.leftovers(claim.Connection, before)...)
	for _, d := range expelled {
		ok, err := s.store.KickDevices(ctx, s.app, user, before.NewKickRequest([]Device{d}, nil, "replaced", s.clock.Now()))
		if err != nil {
			return displaced, err
		}
		// If the device does not hold its slot any more, there is nothing to close: it has
		// disconnected, or another connect took the slot, and that one sees this one.
		if ok {
			displaced = append(displaced, d)
		}
	}
	return displaced, nil
}

// excluded reports whether a device must lose its slot because another policy was in
// force when it connected. Example: an Android phone and an iPhone connect under Multi.
// The policy becomes Dual. When an iPad connects, both phones are excluded.
func (s Service) excluded(d Device, conn Connection) bool {
	place := s.settings.Policy.SlotGroup(conn.Platform)
	return placeOf(d.Slot) != place && s.settings.Policy.SlotGroup(d.Current.Platform) == place &&
		(!d.Current.Platform.alike(conn.Platform) || s.limit(conn.Platform) == 1)
}

// maxCallLife is longer than a call that displaces devices can run. After that time
// the call has closed them, or will never do so.
const maxCallLife = timeouts.Overlap

// leftovers returns the devices that an earlier call displaced and has not closed. If
// that call may still be running, they are left to it. If it was a call for the same
// installation, this call is its repeat and closes them at once.
func (s Service) leftovers(conn Connection, before Session) (list []Device) {
	now, place := s.clock.Now(), s.settings.Policy.SlotGroup(conn.Platform)
	repeated := slices.ContainsFunc(before.Devices, func(d Device) bool {
		return d.Current.Instance == conn.Instance && placeOf(d.Slot) == place
	})
	for _, d := range before.Leaving {
		displacedBySelf := repeated && s.settings.Policy.SlotGroup(d.Current.Platform) == place
		if d.Alive(now) && d.Current.ID != conn.ID && (displacedBySelf || now.Sub(before.changed()) > maxCallLife) {
			list = append(list, d)
		}
	}
	return list
}

// checkAccount fails if the user's account does not accept the signature that opened a
// connection.
func (s Service) checkAccount(ctx context.Context, user string, conn Connection) error {
	if conn.Issued.IsZero() {
		return nil
	}
	a, err := s.store.AccountStrongly(ctx, s.app, user)
	if err != nil {
		return err
	}
	return a.Serves(accounts.Caller{ID: user, Issued: conn.Issued}, s.clock.Now())
}

// undo empties the slot of a connection that is refused. The devices that it displaced
// are closed without a kick frame, so they connect again if their account accepts them.
func (s Service) undo(ctx context.Context, user string, claim SlotClaim, conn Connection, displaced []Device) error {
	_, err := s.store.ReleaseSlot(ctx, s.app, user, claim.Slot, conn.ID, s.last(conn, reasonRefused))
	for _, d := range displaced {
		err = errors.Join(err, s.kicker.CloseSilently(ctx, d))
	}
	return err
}

// cleanUp removes the devices that are closed now from Leaving, and from the session
// what need not be remembered any more. A slot remembers one device that is Leaving.
// If this connect has changed the slot, it has overwritten the device that was Leaving
// before, so there is nothing to remove.
func (s Service) cleanUp(ctx context.Context, user string, claim SlotClaim, before Session, closed []Device) error {
	changed := slices.Clone(claim.Empty)
	if !claim.AlreadyHeld {
		changed = append(changed, claim.Slot)
	}
	wasLeaving := func(d Device) bool {
		return slices.ContainsFunc(before.Leaving, func(l Device) bool { return l.Current.ID == d.Current.ID })
	}
	cleanup := Cleanup{Ends: slices.DeleteFunc(before.endsToRemove(s.clock.Now()), func(e End) bool {
		return e.Instance == claim.Connection.Instance && e.Platform == claim.Connection.Platform // the claim has removed it
	})}
	for _, d := range closed {
		if !wasLeaving(d) || !slices.Contains(changed, d.Slot) {
			cleanup.Leaving = append(cleanup.Leaving, d)
		}
	}
	if len(cleanup.Leaving)+len(cleanup.Ends) == 0 {
		return nil
	}
	return s.store.CleanUp(ctx, s.app, user, cleanup)
}
