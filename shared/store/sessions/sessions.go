// Package sessions stores the devices of users. It implements the Store of the domain package
// sessions and that of delivery.
//
// A user has one session item. Each change is one conditional update of it; if the condition
// fails, the update returns the item, and the next try is planned from that.
package sessions

import (
	"context"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	domain "parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Sessions, and reads Accounts.
type Store struct{ core, live dynamo.Table }

var (
	_ domain.Store   = (*Store)(nil)
	_ delivery.Store = (*Store)(nil)
)

// New returns a Store over the tables core and live.
func New(core, live dynamo.Table) *Store { return &Store{core, live} }

func endOf(platform domain.Platform, instance string) dynamo.Attribute {
	return schema.SessionEnd.Of(string(platform) + "." + instance)
}

// ClaimSlot implements sessions.Store. It is one write, however many devices the user
// has. The device that held the claimed slot, and those that held the slots which are
// emptied, are moved from SessionSlot to SessionPrevious by the same write, so that they can
// be found and closed.
//
// Of two connections of one installation, the one that was opened later keeps the
// slot. Example: connection c1 is opened at 1,000 ms and c2 at 2,000 ms, and the call
// for c2 runs first. The claim of c1 fails, because the slot has a later connection of
// the same installation.
func (s *Store) ClaimSlot(ctx context.Context, app int64, user string, claim domain.SlotClaim) (domain.Session, bool, error) {
	c, slot := claim.Connection, schema.SessionSlot.Of(claim.Slot)
	u := dynamo.NewUpdate(schema.SessionKey(app, user)).ReturnOld().
		SetFrom(schema.SessionPrevious.Of(claim.Slot), slot, dynamo.Map(dynamo.Item{})).
		Set(slot, items.ConnectionValue(c)).
		Remove(schema.SessionLast, schema.SessionKick.Of(c.Instance)).
		If(dynamo.Not(dynamo.Equals(slot.Member(schema.ConnectionID), dynamo.Str(c.ID)))).
		If(dynamo.Not(dynamo.All(
			dynamo.Equals(slot.Member(schema.ConnectionInstance), dynamo.Str(c.Instance)),
			dynamo.Greater(slot.Member(schema.ConnectionOpened), dynamo.Num(c.OpenedAt)),
		)))
	if c.Platform.Mobile() {
		u.Remove(endOf(c.Platform, c.Instance))
	}
	for _, slot := range claim.Empty {
		u.Copy(schema.SessionPrevious.Of(slot), schema.SessionSlot.Of(slot)).Remove(schema.SessionSlot.Of(slot))
	}
	for _, condition := range claim.Conditions {
		u.If(slotCondition(condition, c))
	}
	item, ok, err := s.live.Update(ctx, u)
	if err != nil {
		return domain.Session{}, false, err
	}
	return items.Session(user, item), ok, nil
}

// slotCondition returns a SlotCondition as a condition of an update.
func slotCondition(c domain.SlotCondition, connection domain.Connection) dynamo.Condition {
	slot := schema.SessionSlot.Of(c.Slot)
	instance := slot.Member(schema.ConnectionInstance)
	switch c.State {
	case domain.HoldsNothing:
		return dynamo.Any(dynamo.Absent(slot), dynamo.Equals(instance, dynamo.Str(connection.Instance)),
			dynamo.AtMost(slot.Member(schema.ConnectionOpened), dynamo.Num(c.Dead)))
	case domain.HoldsSamePlatform:
		var alike []dynamo.Value
		for _, p := range connection.Platform.Alike() {
			alike = append(alike, dynamo.Str(string(p)))
		}
		return dynamo.Any(dynamo.Absent(slot), dynamo.All(
			dynamo.Differs(instance, dynamo.Str(connection.Instance)), dynamo.In(slot.Member(schema.ConnectionPlatform), alike...)))
	default:
		if c.Connection == "" {
			return dynamo.Absent(slot)
		}
		return dynamo.Equals(slot.Member(schema.ConnectionID), dynamo.Str(c.Connection))
	}
}

// updateSlotOf makes an update of the slot that the device holds which matches returns
// true for. slot is where the device probably is, or empty. If the update fails because
// the device is not there, the failed condition has returned the session: updateSlotOf
// looks for the device in it and tries again. It returns the session as it was before
// the update, or, if no slot has the device, as it is.
func (s *Store) updateSlotOf(
	ctx context.Context, app int64, user, slot string, matches func(domain.Connection) bool, update func(slot string) *dynamo.Update,
) (session dynamo.Item, found bool, err error) {
	next := func(session dynamo.Item) (*dynamo.Update, error) {
		list := items.Devices(session)
		i := slices.IndexFunc(list, func(d domain.Device) bool { return matches(d.Current) })
		if i < 0 {
			return nil, nil
		}
		return update(list[i].Slot), nil
	}
	var first *dynamo.Update
	if slot != "" {
		first = update(slot)
	} else {
		if session, err = s.live.Get(ctx, schema.SessionKey(app, user), true); err != nil {
			return nil, false, err
		}
		if first, err = next(session); first == nil {
			return session, false, err
		}
	}
	return s.live.UpdateOrReplan(ctx, retry.Contended(), first, next)
}

// ReleaseSlot implements sessions.Store.
func (s *Store) ReleaseSlot(ctx context.Context, app int64, user, slot, connection string, last domain.LastEnd) (bool, error) {
	matches := func(c domain.Connection) bool { return c.ID == connection }
	before, _, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) *dynamo.Update {
		return emptySlot(app, user, slot, schema.ConnectionID, connection, last)
	})
	return items.Session(user, before).Watched(), err
}

// emptySlot returns the update that empties a slot if a member of its connection has the
// value: the id of the connection, or the installation. It notes the end of a mobile device
// that has not signed out, because push still reaches it.
func emptySlot(app int64, user, slot string, member dynamo.Attribute, value string, last domain.LastEnd) *dynamo.Update {
	current := schema.SessionSlot.Of(slot)
	u := dynamo.NewUpdate(schema.SessionKey(app, user)).ReturnOld().
		Set(schema.SessionLast, items.LastEndValue(last)).Remove(current, schema.SessionPrevious.Of(slot)).
		If(dynamo.Equals(current.Member(member), dynamo.Str(value)))
	if last.Platform.Mobile() && last.Instance != "" {
		if end := endOf(last.Platform, last.Instance); last.SignedOut() {
			u.Remove(end)
		} else {
			u.Set(end, dynamo.Num(last.Time))
		}
	}
	return u
}

// SignOut implements sessions.Store.
func (s *Store) SignOut(ctx context.Context, app int64, user, slot, instance string, last domain.LastEnd) (bool, error) {
	matches := func(c domain.Connection) bool {
		if c.Instance != instance {
			return false
		}
		last.Platform = c.Platform
		return true
	}
	session, found, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) *dynamo.Update {
		return emptySlot(app, user, slot, schema.ConnectionInstance, instance, last)
	})
	before := items.Session(user, session)
	if err != nil || found {
		return before.Watched(), err
	}
	// The installation is not connected. What the session says of its last connection is
	// changed, so that push no longer reaches it.
	var e domain.KickRequest
	for _, end := range before.Ends {
		if end.Instance == instance {
			e.Ends = append(e.Ends, end)
		}
	}
	if was := before.Last; was != nil && was.Instance == instance && was.Reason != last.Reason {
		last.Platform = was.Platform
		e.Last = &last
	}
	if len(e.Ends) > 0 || e.Last != nil {
		_, err = s.KickDevices(ctx, app, user, e)
	}
	return before.Watched(), err
}

// KickDevices implements sessions.Store.
func (s *Store) KickDevices(ctx context.Context, app int64, user string, e domain.KickRequest) (bool, error) {
	u := dynamo.NewUpdate(schema.SessionKey(app, user))
	if e.Last != nil {
		u.Set(schema.SessionLast, items.LastEndValue(*e.Last))
	}
	for _, d := range e.Devices {
		current := schema.SessionSlot.Of(d.Slot)
		u.Copy(schema.SessionPrevious.Of(d.Slot), current).Remove(current).
			If(dynamo.Equals(current.Member(schema.ConnectionID), dynamo.Str(d.Current.ID)))
	}
	for _, end := range e.Ends {
		u.Remove(endOf(end.Platform, end.Instance))
	}
	if e.Kicked != nil {
		u.Set(schema.SessionKick.Of(e.Kicked.Instance), dynamo.Num(e.Kicked.Time))
	}
	if len(e.Devices) == 0 {
		u.If(dynamo.ItemExists())
	}
	_, ok, err := s.live.Update(ctx, u)
	return ok, err
}

// CleanUp implements sessions.Store.
func (s *Store) CleanUp(ctx context.Context, app int64, user string, cleanup domain.Cleanup) error {
	u := dynamo.NewUpdate(schema.SessionKey(app, user))
	for _, d := range cleanup.Leaving {
		previous := schema.SessionPrevious.Of(d.Slot)
		u.Remove(previous).If(dynamo.Equals(previous.Member(schema.ConnectionID), dynamo.Str(d.Current.ID)))
	}
	for _, e := range cleanup.Ends {
		end := endOf(e.Platform, e.Instance)
		u.Remove(end).If(dynamo.Equals(end, dynamo.Num(e.Time)))
	}
	for _, e := range cleanup.Kicks {
		kick := schema.SessionKick.Of(e.Instance)
		u.Remove(kick).If(dynamo.Equals(kick, dynamo.Num(e.Time)))
	}
	_, _, err := s.live.Update(ctx, u)
	return err
}

// SetBackground implements sessions.Store.
func (s *Store) SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error) {
	matches := func(c domain.Connection) bool { return c.Instance == instance }
	_, found, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) *dynamo.Update {
		current := schema.SessionSlot.Of(slot)
		u := dynamo.NewUpdate(schema.SessionKey(app, user)).
			If(dynamo.Equals(current.Member(schema.ConnectionInstance), dynamo.Str(instance)))
		if background {
			return u.Set(current.Member(schema.ConnectionBackground), dynamo.True())
		}
		return u.Remove(current.Member(schema.ConnectionBackground))
	})
	return found, err
}

// ForgetSession implements sessions.Store.
func (s *Store) ForgetSession(ctx context.Context, app int64, user string) error {
	return s.live.Delete(ctx, schema.SessionKey(app, user))
}

// Sessions implements sessions.Store.
func (s *Store) Sessions(ctx context.Context, app int64, users []string) ([]domain.Session, error) {
	return items.GetSessions(ctx, s.live, app, users, true)
}

// SessionsEventually implements delivery.Store.
func (s *Store) SessionsEventually(ctx context.Context, app int64, users []string) ([]domain.Session, error) {
	return items.GetSessions(ctx, s.live, app, users, false)
}

// AccountStrongly implements sessions.Store.
func (s *Store) AccountStrongly(ctx context.Context, app int64, user string) (*accounts.Account, error) {
	return items.GetAccount(ctx, s.core, app, user, true)
}
