package apps

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// Service is what an operator does with applications.
type Service struct {
	Store    Store
	Sealer   Sealer
	Accounts Registrar
	Now      func() time.Time
	// Bytes returns n random bytes of cryptographic quality.
	Bytes func(n int) []byte
}

const (
	firstID   = 1_400_000_000 // ids of applications look like the vendor's
	idRange   = 200_000_000
	maxAdmins = 10                  // core spec §13
	maxKept   = 30 * 24 * time.Hour // longest a replaced key may stay in force
	tries     = 8
	// DefaultAdmin is the admin of an application created without any.
	DefaultAdmin = "administrator"
)

// Create makes an application with a key and admins, who have accounts from then
// on, and returns it with its secret in clear: the only time it is shown. No
// admins means "administrator".
func (s Service) Create(ctx context.Context, set Settings, admins []string) (App, string, error) {
	if set.Edition == "" {
		set.Edition = Developer
	}
	if set.LoginPolicy == "" {
		set.LoginPolicy = sessions.Dual
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
	if limit := set.Limits().Accounts; limit > 0 && len(admins) > limit {
		return App{}, "", fault.New(fault.AccountQuota, "admins are accounts, and the application has at most %d", limit)
	}
	now := s.Now().Unix()
	for range tries {
		id := firstID + int64(s.number(idRange))
		secret, sealed, err := s.newSecret(ctx, id)
		if err != nil {
			return App{}, "", err
		}
		a := App{
			ID: id, Settings: set, Created: now, Updated: now, Admins: admins,
			Keys: []Key{{N: 1, Sealed: sealed, Created: now}},
		}
		ok, err := s.Store.CreateApp(ctx, a)
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
	a, err := s.Store.App(ctx, id)
	if err != nil {
		return App{}, err
	}
	if a == nil {
		return App{}, unknown(id)
	}
	return *a, nil
}

// List returns up to limit applications with ids above after, in order.
func (s Service) List(ctx context.Context, after int64, limit int) ([]App, error) {
	return s.Store.Apps(ctx, after, limit)
}

// Update replaces the settings of an application. Functions follow within a
// minute.
func (s Service) Update(ctx context.Context, id int64, set Settings) (App, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return App{}, err
	}
	if err := check(set); err != nil {
		return App{}, err
	}
	before, limit := a.Settings.Limits().Accounts, set.Limits().Accounts
	if limit > 0 && (before == 0 || limit < before) {
		n, err := s.Store.CountAccounts(ctx, id, limit)
		if err != nil {
			return App{}, err
		}
		if n > limit {
			return App{}, fault.New(fault.AccountQuota, "the application has more than %d accounts", limit)
		}
		if before == 0 { // else imports have counted all along, and do while this runs
			if err := s.Store.SetAccountCount(ctx, id, n); err != nil {
				return App{}, err
			}
		}
	}
	now := s.Now().Unix()
	ok, err := s.Store.SaveSettings(ctx, id, set, now)
	if err != nil {
		return App{}, err
	}
	if !ok {
		return App{}, unknown(id)
	}
	a.Settings, a.Updated = set, now
	return a, nil
}

// RotateKey gives an application a new key and returns its secret, the only
// time it is shown. Signatures of the keys before it are accepted for keep more.
func (s Service) RotateKey(ctx context.Context, id int64, keep time.Duration) (Key, string, error) {
	if keep < 0 || keep > maxKept {
		return Key{}, "", fault.New(fault.Invalid, "an old key may stay in force for 0 to %d seconds", int64(maxKept.Seconds()))
	}
	a, err := s.Store.AppNow(ctx, id) // a number of a moment ago may be taken
	if err != nil {
		return Key{}, "", err
	}
	if a == nil {
		return Key{}, "", unknown(id)
	}
	now := s.Now()
	last, ended := 0, []Key{}
	for _, k := range a.Keys {
		last = max(last, k.N)
		if until := now.Add(keep).Unix(); k.Until == 0 || k.Until > until {
			k.Until = until
			ended = append(ended, k)
		}
	}
	secret, sealed, err := s.newSecret(ctx, id)
	if err != nil {
		return Key{}, "", err
	}
	k := Key{N: last + 1, Sealed: sealed, Created: now.Unix()}
	if err := s.Store.AddKey(ctx, id, k, ended); err != nil {
		return Key{}, "", err
	}
	return k, secret, nil
}

// AddAdmin makes a user an admin, and an account of who has none: the account
// comes first, so that no admin is without one whatever call fails. A repeat is
// harmless, and gives an account to an admin who lacks it. It fails with
// AccountQuota where the edition has no room for another account.
func (s Service) AddAdmin(ctx context.Context, id int64, user string) ([]string, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	admins, err := uniqueAdmins(append(slices.Clone(a.Admins), user))
	if err != nil {
		return nil, err
	}
	if err := s.Accounts.Register(ctx, a, user); err != nil {
		return nil, err
	}
	if a.IsAdmin(user) {
		return a.Admins, nil
	}
	return admins, s.Store.PutAdmin(ctx, id, user)
}

// RemoveAdmin takes the role from a user, whose account stays. The last admin
// stays.
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
	return left, s.Store.DeleteAdmin(ctx, id, user)
}

// newSecret makes 32 random bytes in hexadecimal: 64 characters, as the vendor's
// secrets are, and the same sealed.
func (s Service) newSecret(ctx context.Context, id int64) (secret string, sealed []byte, err error) {
	secret = hex.EncodeToString(s.Bytes(32))
	sealed, err = s.Sealer.Seal(ctx, purpose(id), []byte(secret))
	return secret, sealed, err
}

func purpose(id int64) string { return "app/" + strconv.FormatInt(id, 10) }

// number returns a random number below n.
func (s Service) number(n uint64) uint64 {
	var v uint64
	for _, b := range s.Bytes(8) {
		v = v<<8 | uint64(b)
	}
	return v % n
}

func unknown(id int64) error { return fault.New(fault.AppUnknown, "there is no application %d", id) }

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
