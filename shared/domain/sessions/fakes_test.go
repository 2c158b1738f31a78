package sessions_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
)

// fakeStore stores the session of one user. It checks the conditions of each claim
// like DynamoDB does.
type fakeStore struct {
	slots       map[string]sessions.Device
	leaving     map[string]sessions.Device // by slot
	claims      []sessions.SlotClaim
	beforeClaim func() // changes the session before a claim is made
	calls       []string
	err         error

	watched bool
	account *accounts.Account
}

func (f *fakeStore) devices() []sessions.Device {
	var list []sessions.Device
	for _, slot := range slices.Sorted(maps.Keys(f.slots)) {
		list = append(list, f.slots[slot])
	}
	return list
}

func (f *fakeStore) ClaimSlot(_ context.Context, _ int64, _ string, claim sessions.SlotClaim) (sessions.Session, bool, error) {
	if f.err != nil {
		return sessions.Session{}, false, f.err
	}
	if f.claims = append(f.claims, claim); f.beforeClaim != nil {
		f.beforeClaim()
	}
	before := f.session()
	if d, found := f.slots[claim.Slot]; found && d.Current.ID == claim.Connection.ID {
		return before, false, nil
	}
	for _, c := range claim.Conditions {
		d, found := f.slots[c.Slot]
		ok := !found
		switch c.State {
		case sessions.HoldsNothing:
			ok = ok || d.Current.Instance == claim.Connection.Instance || d.Current.OpenedAt <= c.Dead
		case sessions.HoldsSamePlatform:
			ok = ok || (d.Current.Instance != claim.Connection.Instance && slices.Contains(claim.Connection.Platform.Alike(), d.Current.Platform))
		case sessions.HoldsConnection:
			ok = d.Current.ID == c.Connection
		}
		if !ok {
			return before, false, nil
		}
	}
	for _, slot := range append(claim.Empty, claim.Slot) {
		if d, found := f.slots[slot]; found && d.Current.Instance != claim.Connection.Instance {
			f.setLeaving(d)
		}
	}
	for _, slot := range claim.Empty {
		delete(f.slots, slot)
	}
	f.put(claim.Slot, claim.Connection)
	return before, true, nil
}

func (f *fakeStore) session() sessions.Session {
	s := sessions.Session{Devices: f.devices()}
	for _, slot := range slices.Sorted(maps.Keys(f.leaving)) {
		s.Leaving = append(s.Leaving, f.leaving[slot])
	}
	if f.watched {
		s.Watches = 1
	}
	return s
}

func (f *fakeStore) setLeaving(d sessions.Device) {
	if f.leaving == nil {
		f.leaving = make(map[string]sessions.Device)
	}
	f.leaving[d.Slot] = d
}

func (f *fakeStore) KickDevices(_ context.Context, _ int64, _ string, e sessions.KickRequest) (bool, error) {
	for _, d := range e.Devices {
		if f.slots[d.Slot].Current.ID != d.Current.ID {
			return false, f.err
		}
	}
	for _, d := range e.Devices {
		f.calls = append(f.calls, fmt.Sprintf("%s %s %s", d.Slot, d.Current.ID, e.Last.Reason))
		delete(f.slots, d.Slot)
		f.setLeaving(d)
	}
	return true, f.err
}

func (f *fakeStore) CleanUp(_ context.Context, _ int64, _ string, c sessions.Cleanup) error {
	for _, d := range c.Leaving {
		if f.leaving[d.Slot].Current.ID != d.Current.ID {
			return nil
		}
	}
	for _, d := range c.Leaving {
		delete(f.leaving, d.Slot)
	}
	return f.err
}

func (f *fakeStore) AccountStrongly(context.Context, int64, string) (*accounts.Account, error) {
	return f.account, f.err
}

func (f *fakeStore) put(slot string, conn sessions.Connection) {
	if f.slots == nil {
		f.slots = make(map[string]sessions.Device)
	}
	d := sessions.Device{Slot: slot, Current: conn}
	if previous, ok := f.slots[slot]; ok {
		d.Previous = &previous.Current
	}
	f.slots[slot] = d
}

func (f *fakeStore) ReleaseSlot(_ context.Context, _ int64, _, slot, connection string, last sessions.LastEnd) (bool, error) {
	f.calls = append(f.calls, fmt.Sprintf("%s %s %s %s %s %d", slot, connection, last.Reason, last.Platform, last.Instance, last.Time))
	if f.slots[slot].Current.ID == connection {
		delete(f.slots, slot)
	}
	return f.watched, f.err
}

func (f *fakeStore) SignOut(_ context.Context, _ int64, _, slot, instance string, last sessions.LastEnd) (bool, error) {
	f.calls = append(f.calls, fmt.Sprintf("%q %s %s", slot, instance, last.Reason))
	for _, d := range f.slots {
		if d.Current.Instance == instance {
			delete(f.slots, d.Slot)
		}
	}
	return f.watched, f.err
}

func (f *fakeStore) SetBackground(_ context.Context, _ int64, _, slot, instance string, background bool) (bool, error) {
	f.calls = append(f.calls, fmt.Sprintf("%q %s %t", slot, instance, background))
	return instance != "nobody", f.err
}

func (f *fakeStore) Sessions(context.Context, int64, []string) ([]sessions.Session, error) {
	return []sessions.Session{f.session()}, f.err
}

func (f *fakeStore) ForgetSession(_ context.Context, _ int64, user string) error {
	f.calls = append(f.calls, "forget "+user)
	return f.err
}

// kicker records the devices that are kicked.
type kicker struct{ kicked []string }

func (k *kicker) Kick(_ context.Context, d sessions.Device, reason string) error {
	k.kicked = append(k.kicked, d.Current.ID+" "+reason)
	return nil
}

func (k *kicker) CloseSilently(ctx context.Context, d sessions.Device) error {
	return k.Kick(ctx, d, "dropped")
}

// errorOf returns the error of a call that also returns whether the user is watched.
func errorOf(_ bool, err error) error { return err }
