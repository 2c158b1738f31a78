package apps

import (
	"context"
	"slices"
	"strconv"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// Service manages the applications for the operator.
type Service struct {
	store    Store
	counts   CountStore
	sealer   Sealer
	accounts AccountCreator
	clock    clock.Clock
}

// New returns a Service.
func New(store Store, counts CountStore, sealer Sealer, a AccountCreator, c clock.Clock) Service {
	return Service{store: store, counts: counts, sealer: sealer, accounts: a, clock: c}
}

const (
	firstID   = 1_400_000_000 // application ids look like those of the vendor
	idRange   = 200_000_000
	maxAdmins = 10 // docs/spec/tencent §13
	// maxKeep is the longest time for which a replaced key stays in force.
	maxKeep = 30 * 24 * time.Hour
	// createTries is how many random ids Create tries.
	createTries = 8
	// DefaultAdmin is the admin of an application that is created without admins.
	DefaultAdmin = "administrator"
)

// Create creates an application with one key, and with admins and their accounts. It
// returns the application and the decrypted secret of the key, which is never shown
// again. If admins is empty, DefaultAdmin is the admin.
func (s Service) Create(ctx context.Context, set Settings, admins []string) (App, string, error) {
	for _, r := range Table() {
		if r.Always && r.Value(set) == "" {
			r.Set(&set, r.Word)
		}
	}
	if err := check(set); err != nil {
		return App{}, "", err
	}
	if len(admins) == 0 {
		admins = []string{DefaultAdmin}
	}
	admins, err := uniqueAdmins(admins)
	if err != nil {
		return App{}, "", err
	}
	if limit := set.InForce().Accounts; limit > 0 && len(admins) > limit {
		return App{}, "", fault.New(fault.AccountQuota, "admins are accounts, and the application has at most %d", limit)
	}
	now := s.clock.Now().Unix()
	for range createTries {
		id := firstID + int64(s.randomBelow(idRange))
		secret, sealed, err := s.newSecret(ctx, id)
		if err != nil {
			return App{}, "", err
		}
		a := App{
			ID: id, Settings: set, Created: now, Updated: now, Admins: admins,
			Keys: []Key{{Number: 1, Created: now}},
		}
		ok, err := s.store.CreateApp(ctx, a, sealed)
		if err != nil {
			return App{}, "", err
		}
		if ok {
			return a, secret, nil
		}
	}
	return App{}, "", fault.New(fault.Unavailable, "no free application id found")
}

// Get returns an application.
func (s Service) Get(ctx context.Context, id int64) (App, error) {
	a, err := s.store.App(ctx, id)
	if err != nil {
		return App{}, err
	}
	if a == nil {
		return App{}, appUnknown(id)
	}
	return *a, nil
}

// List returns up to limit applications with ids above after, in the order of ids.
func (s Service) List(ctx context.Context, after int64, limit int) ([]App, error) {
	return s.store.Apps(ctx, after, limit)
}

// Update replaces the settings of an application. They are in force everywhere after
// a minute at most. It fails with AccountQuota if the application has more accounts
// than the new settings allow.
func (s Service) Update(ctx context.Context, id int64, set Settings) (App, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return App{}, err
	}
	if err := check(set); err != nil {
		return App{}, err
	}
	before, limit := a.Settings.InForce().Accounts, set.InForce().Accounts
	if limit > 0 && (before == 0 || limit < before) {
		n, err := s.counts.CountAccounts(ctx, id, limit)
		if err != nil {
			return App{}, err
		}
		if n > limit {
			return App{}, fault.New(fault.AccountQuota, "the application has more than %d accounts", limit)
		}
		// Imports do not count accounts while there is no limit, so the stored number is
		// out of date. If there was a limit before, the stored number is right, and
		// imports may change it at this moment.
		if before == 0 {
			if err := s.counts.SetAccountCount(ctx, id, n); err != nil {
				return App{}, err
			}
		}
	}
	now := s.clock.Now().Unix()
	ok, err := s.store.SaveSettings(ctx, id, set, now)
	if err != nil {
		return App{}, err
	}
	if !ok {
		return App{}, appUnknown(id)
	}
	a.Settings, a.Updated = set, now
	return a, nil
}

// endedKeyShown is how long an operator sees a key that has ended.
const endedKeyShown = 7 * 24 * time.Hour

// RotateKey adds a new key to an application and returns the key and its decrypted
// secret, which is never shown again. Signatures of the older keys are accepted for
// the time keep. An older key that ends before that keeps its earlier end. Keys that ended more
// than endedKeyShown ago are removed, so that their number stays small.
func (s Service) RotateKey(ctx context.Context, id int64, keep time.Duration) (Key, string, error) {
	if keep < 0 || keep > maxKeep {
		return Key{}, "", fault.New(fault.Invalid, "an old key may stay in force for 0 to %d seconds", int64(maxKeep.Seconds()))
	}
	a, err := s.store.AppNow(ctx, id) // strongly: the new key needs the next number
	if err != nil {
		return Key{}, "", err
	}
	if a == nil {
		return Key{}, "", appUnknown(id)
	}
	now := s.clock.Now()
	last, keys := 0, slices.Clone(a.Keys)
	for _, k := range keys {
		last = max(last, k.Number)
	}
	longAgo := now.Add(-endedKeyShown).Unix()
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k.Until != 0 && k.Until < longAgo })
	for i, k := range keys {
		if until := now.Add(keep).Unix(); k.Until == 0 || k.Until > until {
			keys[i].Until = until
		}
	}
	secret, sealed, err := s.newSecret(ctx, id)
	if err != nil {
		return Key{}, "", err
	}
	k := Key{Number: last + 1, Created: now.Unix()}
	if err := s.store.AddKey(ctx, id, a.Keys, append(keys, k), sealed); err != nil {
		return Key{}, "", err
	}
	return k, secret, nil
}

// AddAdmin makes a user an admin. If the user is not an account, AddAdmin first
// creates the account, so that every admin has one even if the second write fails. A
// repeat is harmless; it creates a missing account of an admin. It returns all admins.
// It fails with AccountQuota if the application cannot have another account.
func (s Service) AddAdmin(ctx context.Context, id int64, user string) ([]string, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	admins, err := uniqueAdmins(append(slices.Clone(a.Admins), user))
	if err != nil {
		return nil, err
	}
	if err := s.accounts.Register(ctx, a, user); err != nil {
		return nil, err
	}
	if a.IsAdmin(user) {
		return a.Admins, nil
	}
	return admins, s.store.PutAdmin(ctx, id, user)
}

// RemoveAdmin makes a user an ordinary user; the account stays. It returns the
// remaining admins. It fails with Invalid for the last admin.
func (s Service) RemoveAdmin(ctx context.Context, id int64, user string) ([]string, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	left := make([]string, 0, len(a.Admins))
	for _, admin := range a.Admins {
		if admin != user {
			left = append(left, admin)
		}
	}
	if len(left) == len(a.Admins) {
		return left, nil
	}
	if len(left) == 0 {
		return nil, fault.New(fault.Invalid, "an application keeps at least one admin")
	}
	return left, s.store.DeleteAdmin(ctx, id, user)
}

// newSecret returns a new secret, in clear and encrypted. Like a secret of the vendor
// it has 64 characters: 32 random bytes in hexadecimal.
func (s Service) newSecret(ctx context.Context, id int64) (secret string, sealed []byte, err error) {
	secret = clock.ID(s.clock, 32)
	sealed, err = s.sealer.Seal(ctx, sealPurpose(id), []byte(secret))
	return secret, sealed, err
}

func sealPurpose(id int64) string { return "app/" + strconv.FormatInt(id, 10) }

// randomBelow returns a random number below n.
func (s Service) randomBelow(n uint64) uint64 {
	var v uint64
	for _, b := range s.clock.Bytes(8) {
		v = v<<8 | uint64(b)
	}
	return v % n
}

func appUnknown(id int64) error { return fault.New(fault.AppUnknown, "there is no application %d", id) }

// uniqueAdmins returns each user once. It fails with Invalid if one is not a valid id,
// or if there are too many.
func uniqueAdmins(users []string) ([]string, error) {
	seen := make(map[string]bool, len(users))
	out := make([]string, 0, len(users))
	for _, u := range users {
		if err := accounts.CheckID(u); err != nil {
			return nil, err
		}
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	if len(out) > maxAdmins {
		return nil, fault.New(fault.Invalid, "an application has at most %d admins", maxAdmins)
	}
	return out, nil
}
