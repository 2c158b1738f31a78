// Package accounts holds the users of an application: importing, checking and
// deleting them.
package accounts

import (
	"context"
	"time"
	"unicode/utf8"

	"parley/shared/fault"
)

const (
	maxID   = 32  // bytes of a user id (core spec §1.4)
	maxText = 500 // bytes of a profile text (core spec §7.0)
	// MaxBatch is the number of accounts in one call (core spec §13).
	MaxBatch = 100
	// reserved is how long a deleted id cannot be taken again outside the
	// developer edition (core spec §4.3).
	reserved = 90 * 24 * time.Hour
)

// An Account is a user of an application.
type Account struct {
	ID      string
	Nick    string
	Face    string
	Created int64 // Unix seconds
	Deleted int64 // Unix seconds, 0 for a living account
	// SignaturesFrom: signatures issued at or before it are void, Unix seconds.
	SignaturesFrom int64
	MutedUntil     int64 // one-to-one messages, Unix seconds
	GroupsMuted    int64 // group messages, Unix seconds
	BannedUntil    int64 // Unix seconds
	// Allow says who may become a friend of the user; empty: as the application
	// has it.
	Allow Allow
	// NoRequests: the user may not ask others to be friends.
	NoRequests bool
}

// Allow says what happens to a friend request (core spec §7.0, AllowType).
type Allow string

// The choices.
const (
	AllowAny    Allow = "any"     // friends at once
	NeedConfirm Allow = "confirm" // the user is asked
	DenyAny     Allow = "deny"    // refused
)

// Valid reports whether a is one of the three.
func (a Allow) Valid() bool { return a == AllowAny || a == NeedConfirm || a == DenyAny }

// Alive reports whether the account exists and is not deleted.
func (a *Account) Alive() bool { return a != nil && a.Deleted == 0 }

// Accepts reports whether a signature issued at the time is still good for the
// account. It fails with AccountUnknown, Banned or SignatureRevoked.
func (a *Account) Accepts(issued, now time.Time) error {
	switch {
	case !a.Alive():
		return fault.New(fault.AccountUnknown, "the account does not exist")
	case now.Unix() < a.BannedUntil:
		return fault.New(fault.Banned, "the account is banned")
	case issued.Unix() <= a.SignaturesFrom:
		return fault.New(fault.SignatureRevoked, "the UserSig was revoked, make a new one")
	}
	return nil
}

// CheckID refuses an id that is empty, over 32 bytes or has characters outside
// printable ASCII (core spec §1.4: the wider of the two documented rules).
func CheckID(id string) error {
	if id == "" || len(id) > maxID {
		return fault.New(fault.Invalid, "a UserID has 1 to %d bytes", maxID)
	}
	for _, c := range []byte(id) {
		if c < 0x20 || c > 0x7e {
			return fault.New(fault.Invalid, "a UserID has printable ASCII characters only")
		}
	}
	return nil
}

// A Draft is an account to import. Empty texts leave what is there.
type Draft struct{ ID, Nick, Face string }

// Store keeps accounts.
type Store interface {
	// Accounts reads accounts; absent ones are nil. The order is that of ids,
	// which must not repeat.
	Accounts(ctx context.Context, app int64, ids []string) ([]*Account, error)
	// CreateAccount writes a new account, or one in place of an account deleted
	// before reborn. Where limit > 0 the app's count must stay within it. The
	// error is AccountQuota, AccountReserved or Conflict (it exists).
	CreateAccount(ctx context.Context, app int64, a Account, reborn int64, limit int) error
	// RenameAccount sets the texts that are not empty on a living account.
	RenameAccount(ctx context.Context, app int64, d Draft) error
	// DeleteAccount marks an account deleted at the time and voids its
	// signatures. It tells whether there was an account, alive or deleted before,
	// and whether this call ended its life.
	DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (known, ended bool, err error)
	// Revoke voids the signatures of a living account that were issued at a time
	// in Unix seconds or before. It fails with AccountUnknown.
	Revoke(ctx context.Context, app int64, id string, at int64) error
	// Mute sets until when a living account is muted, in Unix seconds; nil leaves
	// what is there. It fails with AccountUnknown.
	Mute(ctx context.Context, app int64, id string, direct, groups *int64) error
	// ForgetConversations removes the user's own side of all conversations.
	ForgetConversations(ctx context.Context, app int64, id string) error
}

// Disconnector ends the connections of a user whose account is gone.
type Disconnector interface {
	Disconnect(ctx context.Context, user, reason string) error
}

// Service is what an application does with its accounts.
type Service struct {
	App      int64
	Limit    int  // number of accounts of the edition, 0 for no limit
	Deleting bool // deletion is allowed
	// Reserve: a deleted id is kept from being taken again for three months.
	Reserve bool
	Store   Store
	Out     Disconnector
	Now     func() time.Time
}

// Import registers an account, or sets the texts given on one that exists
// (core spec §4.1).
func (s Service) Import(ctx context.Context, d Draft) error {
	if err := CheckID(d.ID); err != nil {
		return err
	}
	if len(d.Nick) > maxText || len(d.Face) > maxText {
		return fault.New(fault.TextTooLong, "Nick and FaceUrl have at most %d bytes", maxText)
	}
	if !utf8.ValidString(d.Nick) || !utf8.ValidString(d.Face) {
		return fault.New(fault.Invalid, "Nick and FaceUrl are UTF-8")
	}
	now := s.Now().Unix()
	reborn := now
	if s.Reserve {
		reborn = now - int64(reserved.Seconds())
	}
	err := s.Store.CreateAccount(ctx, s.App, Account{ID: d.ID, Nick: d.Nick, Face: d.Face, Created: now}, reborn, s.Limit)
	if fault.Is(err, fault.Conflict) {
		if d.Nick == "" && d.Face == "" {
			return nil
		}
		return s.Store.RenameAccount(ctx, s.App, d)
	}
	return err
}

// Admit lets a user in whose account lives, is not banned and has not revoked
// the signature. It fails with AccountUnknown, Banned or SignatureRevoked.
func (s Service) Admit(ctx context.Context, id string, issued time.Time) error {
	list, err := s.Store.Accounts(ctx, s.App, []string{id})
	if err != nil {
		return err
	}
	return list[0].Accepts(issued, s.Now())
}

// Check tells for each id whether it is imported (core spec §4.4).
func (s Service) Check(ctx context.Context, ids []string) (map[string]bool, error) {
	found, err := s.read(ctx, ids)
	if err != nil {
		return nil, err
	}
	imported := make(map[string]bool, len(found))
	for id, a := range found {
		imported[id] = a.Alive()
	}
	return imported, nil
}

// Delete removes accounts with what belongs to them, and tells for each id
// whether it was there (core spec §4.3). Their signatures are void and their
// connections closed. It may be repeated.
func (s Service) Delete(ctx context.Context, ids []string) (map[string]bool, error) {
	if !s.Deleting {
		return nil, fault.New(fault.DeletionRefused, "the edition does not allow deleting accounts")
	}
	done := make(map[string]bool, len(ids))
	for _, id := range unique(ids) {
		known, ended, err := s.Store.DeleteAccount(ctx, s.App, id, s.Now().Unix(), s.Limit > 0)
		if err != nil {
			return nil, err
		}
		done[id] = ended
		if !known {
			continue
		} // an account deleted before is swept again: the call before may have died here
		if err := s.Store.ForgetConversations(ctx, s.App, id); err != nil {
			return nil, err
		}
		if err := s.Out.Disconnect(ctx, id, "deleted"); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func (s Service) read(ctx context.Context, ids []string) (map[string]*Account, error) {
	ids = unique(ids)
	list, err := s.Store.Accounts(ctx, s.App, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Account, len(ids))
	for i, id := range ids {
		found[id] = list[i]
	}
	return found, nil
}

func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] && id != "" {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
