package sessions

import (
	"cmp"
	"context"
	"slices"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// Store stores sessions.
type Store interface {
	// ClaimSlot tries a claim and returns the session as it was before. ok is false, and
	// nothing has changed, if a condition of the claim does not hold, if the connection
	// holds the slot already, or if a later connection of the same installation holds
	// it. The devices that lose their slots are Leaving from then on.
	ClaimSlot(ctx context.Context, app int64, user string, claim SlotClaim) (before Session, ok bool, err error)
	// ReleaseSlot empties the slot that holds a connection, and stores when and why the
	// connection ended. slot is where the connection probably is. If the connection is
	// not there, ReleaseSlot looks for it in the other slots. It returns whether the
	// user is watched.
	ReleaseSlot(ctx context.Context, app int64, user, slot, connection string, last LastEnd) (watched bool, err error)
	// SignOut empties the slot of an installation, whichever it is, and removes the
	// installation from Ends. slot is where the installation probably is; it may be
	// empty. SignOut returns whether the user is watched.
	SignOut(ctx context.Context, app int64, user, slot, instance string, last LastEnd) (watched bool, err error)
	// KickDevices takes the slots of devices: all of them, or none. The devices are Leaving
	// from then on. ok is false, and nothing has changed, if one of them does not hold
	// its slot any more.
	KickDevices(ctx context.Context, app int64, user string, e KickRequest) (ok bool, err error)
	// CleanUp removes from a session what need not be remembered. If a part of it has
	// changed in the meantime, CleanUp removes nothing.
	CleanUp(ctx context.Context, app int64, user string, c Cleanup) error
	// SetBackground stores whether the app of an installation is in the background. It
	// returns false if the installation is not connected. slot is where the installation
	// probably is; it may be empty.
	SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error)
	// Sessions reads sessions strongly. A user without a session has no devices.
	Sessions(ctx context.Context, app int64, users []string) ([]Session, error)
	// AccountStrongly reads an account strongly. It returns nil if there is none.
	AccountStrongly(ctx context.Context, app int64, user string) (*accounts.Account, error)
	// ForgetSession deletes a user's session.
	ForgetSession(ctx context.Context, app int64, user string) error
}

// Kicker closes the connections of a device that has lost its slot. If it returns no
// error, they are closed, or a job is queued that closes them.
type Kicker interface {
	// Kick first sends the device the reason, so that it does not connect again by
	// itself.
	Kick(ctx context.Context, d Device, reason string) error
	// CloseSilently sends the device nothing: it connects again if it may.
	CloseSilently(ctx context.Context, d Device) error
}

// Settings are what an application says about the connections of its users.
type Settings struct {
	Policy Policy
	// Native and Web are how many devices of one platform may be online: of a native
	// platform, and of the web. A number below one counts as one.
	Native, Web int
	// Spread is the time, in seconds, over which clients spread their reconnects.
	Spread int
}

// Service opens and closes the connections of an application's users.
type Service struct {
	app      int64
	settings Settings
	store    Store
	kicker   Kicker
	clock    clock.Clock
}

// New returns the Service of an application.
func New(app int64, s Settings, store Store, k Kicker, c clock.Clock) Service {
	return Service{app: app, settings: s, store: store, kicker: k, clock: c}
}

// Spread returns the time, in seconds, over which clients spread their reconnects.
func (s Service) Spread() int { return s.settings.Spread }

// SetBackground stores whether the app of an installation is in the background.
func (s Service) SetBackground(ctx context.Context, user string, conn Connection, background bool) error {
	slot, err := s.ownSlot(conn)
	if err != nil {
		return err
	}
	found, err := s.store.SetBackground(ctx, s.app, user, slot, conn.Instance, background)
	if err == nil && !found {
		err = fault.New(fault.Invalid, "the installation %s is not connected", conn.Instance)
	}
	return err
}

// Devices lists the devices of a user, the one that connected first at the front.
func (s Service) Devices(ctx context.Context, user string) ([]Device, error) {
	list, err := s.store.Sessions(ctx, s.app, []string{user})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list[0].Devices, func(a, b Device) int { return cmp.Compare(a.Current.OpenedAt, b.Current.OpenedAt) })
	return list[0].Devices, nil
}

// HasSlot reports whether a connection belongs to one of the user's devices. If the
// user has no session at all, the table of sessions was lost and nothing is known of
// any connection: HasSlot then returns true.
func (s Service) HasSlot(ctx context.Context, user, connection string) (bool, error) {
	list, err := s.store.Sessions(ctx, s.app, []string{user})
	if err != nil {
		return false, err
	}
	known := len(list[0].Devices) > 0 || list[0].Last != nil
	return !known || list[0].Serves(connection, s.clock.Now()), nil
}

// RemoveData implements accounts.DataRemover.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	return false, s.store.ForgetSession(ctx, s.app, user)
}

// ownSlot returns the slot where the caller's installation probably is. It is empty if
// the caller does not say on which platform it runs.
func (s Service) ownSlot(conn Connection) (slot string, err error) {
	if conn.Instance == "" || len(conn.Instance) > MaxInstance {
		return "", fault.New(fault.Invalid, "the installation that calls is not named")
	}
	if conn.Platform == "" {
		return "", nil
	}
	return s.preferredSlot(conn), nil
}

// last returns the end of a connection that ends now.
func (s Service) last(conn Connection, reason string) LastEnd {
	return LastEnd{Time: s.clock.Now().UnixMilli(), Reason: reason, Platform: conn.Platform, Instance: conn.Instance}
}
