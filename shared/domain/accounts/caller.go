package accounts

import (
	"context"
	"sync"
	"time"

	"parley/shared/fault"
)

// A Caller is who makes a call, and when the signature that proves it was made.
type Caller struct {
	ID     string
	Issued time.Time
	Admin  bool // a backend, in the name of an admin of the application
}

// CallerStore reads the accounts of callers.
type CallerStore interface {
	// Account reads one account; nil where there is none. A read that is not strong
	// may miss what was written a moment ago.
	Account(ctx context.Context, app int64, id string, strong bool) (*Account, error)
}

// MaxAhead is how far a signature may be dated ahead of the server, since no two
// clocks are the same. What is dated later is not accepted yet. A kick voids what
// is dated up to MaxAhead after it: without that, a signature that was made before
// the kick by a clock that is ahead would outlive it.
const MaxAhead = 2 * time.Second

const (
	// adminsFresh is how long the account of an admin is not read again.
	adminsFresh = 5 * time.Second
	// adminsRemembered bounds the number of accounts that are remembered.
	adminsRemembered = 1000
)

// Callers decides whether a caller is still served: one whose account is deleted
// or banned, or whose signature was made before the account was kicked, is not,
// whatever the call is. The answer may be some milliseconds old for a user, who is
// looked at in each call, and five seconds for an admin, who is remembered.
type Callers struct {
	store  CallerStore
	now    func() time.Time
	mu     sync.Mutex
	admins map[adminKey]remembered
}

type adminKey struct {
	app int64
	id  string
}

type remembered struct {
	account *Account
	expires time.Time
}

// NewCallers returns Callers that remember nobody yet.
func NewCallers(store CallerStore, now func() time.Time) *Callers {
	return &Callers{store: store, now: now, admins: make(map[adminKey]remembered)}
}

// Admit fails with CallerUnknown, Banned or SignatureRevoked. An admin need not be
// an account.
func (s *Callers) Admit(ctx context.Context, app int64, c Caller) error {
	if !c.Admin {
		read, err := s.store.Account(ctx, app, c.ID, false)
		if err != nil {
			return err
		}
		_, err = s.Confirm(ctx, app, c, read)
		return err
	}
	key, now := adminKey{app, c.ID}, s.now()
	s.mu.Lock()
	known, ok := s.admins[key]
	s.mu.Unlock()
	if ok && now.Before(known.expires) && known.account.Serves(c, now) == nil {
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
	if len(s.admins) >= adminsRemembered {
		clear(s.admins)
	}
	s.admins[key] = remembered{read, now.Add(adminsFresh)}
	return nil
}

// Confirm is Admit for a caller whose account was just read, by a read that may be
// stale. A refusal is made certain first: the account may have been imported, or
// its ban lifted, a moment ago. It returns the account as it was read last.
func (s *Callers) Confirm(ctx context.Context, app int64, c Caller, read *Account) (*Account, error) {
	if read.Serves(c, s.now()) == nil {
		return read, nil
	}
	read, err := s.store.Account(ctx, app, c.ID, true)
	if err != nil {
		return nil, err
	}
	return read, read.Serves(c, s.now())
}

// Serves reports whether a caller with this account is served. It fails as Admit.
func (a *Account) Serves(c Caller, now time.Time) error {
	switch {
	case a == nil && c.Admin:
		return nil
	case !a.Alive():
		return fault.New(fault.CallerUnknown, "the caller %.40q is not an account", c.ID)
	case now.Unix() < a.BannedUntil:
		return fault.New(fault.Banned, "the account is banned")
	case c.Issued.Unix() <= a.SignaturesFrom:
		return fault.New(fault.SignatureRevoked, "the UserSig was revoked, make a new one")
	}
	return nil
}
