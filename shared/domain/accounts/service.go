package accounts

import (
	"context"
	"unicode/utf8"

	"parley/shared/clock"
	"parley/shared/fault"
)

// Disconnector closes the connections of a user and ends the session of the user.
type Disconnector interface {
	Disconnect(ctx context.Context, user, reason string) error
}

// A ProfileNotifier notifies the user's devices, and the devices of everybody who
// has the user as a friend, that an import changed the nickname or the face of the
// account.
type ProfileNotifier interface {
	NotifyImported(ctx context.Context, i Import) error
}

// Settings are what an application says about its accounts.
type Settings struct {
	Limit           int  // number of accounts that the edition allows; 0: no limit
	DeletionAllowed bool // the application may delete accounts
	// ReserveDeletedIDs says that a deleted id cannot be imported again for three
	// months.
	ReserveDeletedIDs bool
	// Admins are the users whose accounts cannot be deleted.
	Admins []string
}

// Service manages the accounts of one application.
type Service struct {
	app          int64
	settings     Settings
	store        Store
	disconnector Disconnector
	profiles     ProfileNotifier
	removals     RemovalQueue
	clock        clock.Clock
	dataRemovers []DataRemover
}

// New returns the Service of an application. removals is the queue of the worker that calls
// Sweep. The dataRemovers remove the data of a deleted account, in this order.
func New(app int64, s Settings, store Store, d Disconnector, p ProfileNotifier, removals RemovalQueue, c clock.Clock, dataRemovers ...DataRemover) Service {
	return Service{app: app, settings: s, store: store, disconnector: d, profiles: p, removals: removals, clock: c, dataRemovers: dataRemovers}
}

// An Import is an account to import. If the account exists, an empty text leaves the
// stored text as it is.
type Import struct{ ID, Nick, Face string }

// Import creates an account (docs/spec/tencent §4.1). If the account exists, Import
// sets the texts that are not empty, and the devices of the user and of the user's
// friends are notified. If nothing changes, for example because the call is a
// repeat, nobody is notified.
func (s Service) Import(ctx context.Context, i Import) error {
	if err := CheckID(i.ID); err != nil {
		return err
	}
	if len(i.Nick) > maxText || len(i.Face) > maxText {
		return fault.New(fault.TextTooLong, "%s and %s have at most %d bytes", fault.Nick, fault.Face, maxText)
	}
	if !utf8.ValidString(i.Nick) || !utf8.ValidString(i.Face) {
		return fault.New(fault.Invalid, "%s and %s are UTF-8", fault.Nick, fault.Face)
	}
	now := s.clock.Now().Unix()
	latestDeletion := now
	if s.settings.ReserveDeletedIDs {
		latestDeletion = now - int64(reservation.Seconds())
	}
	err := s.store.CreateAccount(ctx, s.app, Account{ID: i.ID, Nick: i.Nick, Face: i.Face, Created: now}, latestDeletion, s.settings.Limit)
	if fault.Is(err, fault.Conflict) {
		if i.Nick == "" && i.Face == "" {
			return nil
		}
		changed, err := s.store.RenameAccount(ctx, s.app, i)
		if err != nil || !changed {
			return err
		}
		return s.profiles.NotifyImported(ctx, i)
	}
	return err
}

// Imported returns those ids that have an account which is not deleted
// (docs/spec/tencent §4.4).
func (s Service) Imported(ctx context.Context, ids []string) (map[string]bool, error) {
	living, err := Living(ctx, s.store, s.app, ids)
	if err != nil {
		return nil, err
	}
	imported := make(map[string]bool, len(living))
	for id := range living {
		imported[id] = true
	}
	return imported, nil
}

// Get returns an account, even if it is deleted. It fails with AccountUnknown.
func (s Service) Get(ctx context.Context, id string) (Account, error) {
	a, err := s.find(ctx, id)
	if err != nil {
		return Account{}, err
	}
	return *a, nil
}

// find reads one account, even if it is deleted. It fails with AccountUnknown.
func (s Service) find(ctx context.Context, id string) (*Account, error) {
	found, err := read(ctx, s.store, s.app, []string{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, accountUnknown(id)
	}
	return found[id], nil
}

func accountUnknown(id string) error {
	return fault.New(fault.AccountUnknown, "%.40q is not an account", id)
}
