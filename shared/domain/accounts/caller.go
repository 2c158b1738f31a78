package accounts

import (
	"context"
	"sync"
	"time"

	"parley/shared/clock"
	"parley/shared/fault"
)

// A Caller is the user or backend that makes a call.
type Caller struct {
	ID     string
	Issued time.Time // when the signature of the call was made, by its own date
	Admin  bool      // the caller is a backend, in the name of an admin of the application
}

// CallerStore reads the accounts of callers.
type CallerStore interface {
	// Account reads one account. It returns nil if there is no account. A read that
	// is not strong may miss what was written a moment ago.
	Account(ctx context.Context, app int64, id string, strong bool) (*Account, error)
}

// MaxAhead is how far the date of a signature may be ahead of the server's clock,
// because no two clocks are equal. A signature that is dated later is not accepted
// yet. A kick voids the signatures that are dated up to MaxAhead after the kick.
// Example: the clock of a backend is 2 s ahead. It makes a signature at 12:00:00,
// which is dated 12:00:02, and the user is kicked at 12:00:01. Without this rule the
// signature would still be valid after the kick.
const MaxAhead = 2 * time.Second

const (
	// adminCacheTime is how long the account of an admin is not read again.
	adminCacheTime = 5 * time.Second
	// maxCachedAdmins is the maximum number of accounts in the cache.
	maxCachedAdmins = 1000
)

// Callers decides whether a caller is served. A caller is refused, whatever the call
// is, if the account is deleted or banned, or if the signature was made before the
// account was kicked. The decision for a user may be some milliseconds old, because
// each call reads the account, but not strongly. The decision for an admin may be
// five seconds old, because accounts of admins are cached.
type Callers struct {
	store  CallerStore
	clock  clock.Clock
	mu     sync.Mutex
	admins map[adminKey]cachedAdmin
}

type adminKey struct {
	app int64
	id  string
}

type cachedAdmin struct {
	account *Account
	expires time.Time
}

// NewCallers returns Callers with an empty cache.
func NewCallers(store CallerStore, c clock.Clock) *Callers {
	return &Callers{store: store, clock: c, admins: make(map[adminKey]cachedAdmin)}
}

// Admit fails with CallerUnknown, Banned or SignatureRevoked if the caller is not
// served. An admin need not be an account.
func (s *Callers) Admit(ctx context.Context, app int64, c Caller) error {
	if !c.Admin {
		read, err := s.store.Account(ctx, app, c.ID, false)
		if err != nil {
			return err
		}
		_, err = s.Confirm(ctx, app, c, read)
		return err
	}
	key, now := adminKey{app, c.ID}, s.clock.Now()
	s.mu.Lock()
	cached, ok := s.admins[key]
	s.mu.Unlock()
	if ok && now.Before(cached.expires) && cached.account.Serves(c, now) == nil {
		return nil
	}
	read, err := s.store.Account(ctx, app, c.ID, false)
	if err != nil {
		return err
	}
	if read, err = s.Confirm(ctx, app, c, read); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.admins) >= maxCachedAdmins {
		clear(s.admins)
	}
	s.admins[key] = cachedAdmin{read, now.Add(adminCacheTime)}
	return nil
}

// Confirm is Admit for a caller whose account was already read, by a read that was
// not strong. If that account would be refused, Confirm reads it again, strongly:
// the account may have been imported, or its ban may have been removed, a moment ago.
// Confirm returns the account of the last read.
func (s *Callers) Confirm(ctx context.Context, app int64, c Caller, read *Account) (*Account, error) {
	if read.Serves(c, s.clock.Now()) == nil {
		return read, nil
	}
	read, err := s.store.Account(ctx, app, c.ID, true)
	if err != nil {
		return nil, err
	}
	return read, read.Serves(c, s.clock.Now())
}

// Serves returns nil if a caller with this account is served. Otherwise it fails like
// Admit. A nil account does not exist.
func (a *Account) Serves(c Caller, now time.Time) error {
	switch {
	case a == nil && c.Admin:
		return nil
	case !a.Alive():
		return fault.New(fault.CallerUnknown, "the caller %.40q is not an account", c.ID)
	case now.Unix() < a.BannedUntil:
		return fault.New(fault.Banned, "the account is banned")
	case c.Issued.Unix() <= a.SignaturesFrom:
		return fault.New(fault.SignatureRevoked, "the %s was revoked, make a new one", fault.Signature)
	}
	return nil
}
