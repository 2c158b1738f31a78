// Package accounts holds the users of an application: importing, checking and
// deleting them.
package accounts

import (
	"context"
	"math"
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
	// Reborn bounds what an account with an id of another one before it has to do
	// with: what is from before that time, Unix seconds, is of the other person. 0:
	// the id has had no other.
	Reborn int64
	// Swept: the data of the deleted account is gone. Only then is the id free.
	Swept bool
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
	// Indexed: the user has so many conversations that their rows are indexed.
	// Whoever makes one has to put it into the index.
	Indexed bool
}

// Forever is the time of a mute or a ban that does not end by itself.
const Forever = math.MaxInt64

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
	// at or before reborn whose data is swept; signatures of the one before stay
	// void. Where limit > 0 the app's count must stay within it. The error is
	// AccountQuota, AccountReserved or Conflict (it exists).
	CreateAccount(ctx context.Context, app int64, a Account, reborn int64, limit int) error
	// RenameAccount sets the texts that are not empty on a living account; false
	// where it has them already.
	RenameAccount(ctx context.Context, app int64, d Draft) (bool, error)
	// DeleteAccount marks an account deleted at the time and voids its
	// signatures.
	DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (Deletion, error)
	// RevokeSignatures voids the signatures issued until a time; it never takes
	// that back. It fails with AccountUnknown.
	RevokeSignatures(ctx context.Context, app int64, id string, at int64) error
	// MuteAccount sets what is not nil of the ends of the two mutes; 0 lifts one.
	// It fails with AccountUnknown.
	MuteAccount(ctx context.Context, app int64, id string, c2c, groups *int64) error
	// BanAccount sets the end of a ban; 0 lifts it. It fails with AccountUnknown.
	BanAccount(ctx context.Context, app int64, id string, until int64) error
	// ClaimRemoval gives the removal of the data of an account that was deleted
	// at a time to one worker, until another time (ms). It takes back that the
	// data is swept. Where another one has it, busy says until when; where there
	// is nothing to remove under that id and time, neither is set.
	ClaimRemoval(ctx context.Context, app int64, id string, deleted, nowMs, untilMs int64) (claimed bool, busy int64, err error)
	// EndRemoval gives a claim back, and notes that all is swept if it is so. A
	// claim that another one has by now is left alone.
	EndRemoval(ctx context.Context, app int64, id string, deleted, untilMs int64, swept bool) error
}

// A Deletion is what DeleteAccount found.
type Deletion struct {
	Known bool  // there is an account, alive or deleted before
	Ended bool  // this call ended its life
	At    int64 // when it was deleted, Unix seconds
	Swept bool
}

// Disconnector ends the connections of a user whose account is gone.
type Disconnector interface {
	Disconnect(ctx context.Context, user, reason string) error
}

// A Herald notifies a user's devices and those of who has the user as a friend
// that an import gave the account another nickname or face.
type Herald interface {
	Renamed(ctx context.Context, d Draft) error
}

// Service is what an application does with its accounts.
type Service struct {
	App      int64
	Limit    int  // number of accounts of the edition, 0 for no limit
	Deleting bool // deletion is allowed
	// Reserve: a deleted id is kept from being taken again for three months.
	Reserve bool
	// Admin reports whether a user is an admin of the application, whose account
	// cannot be deleted.
	Admin func(user string) bool
	Store Store
	Out   Disconnector
	// Herald is asked for what an import changes.
	Herald Herald
	Now    func() time.Time
	Wait   func(ctx context.Context, d time.Duration)
	// Forgetters remove what is kept of a deleted account, in this order, and
	// Removals is the queue of the worker that runs them.
	Forgetters []Forgetter
	Removals   RemovalQueue
}

// Import registers an account, or sets the texts given on one that exists
// (core spec §4.1), whose devices and friends are notified. A repeat changes
// nothing and notifies nobody.
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
		changed, err := s.Store.RenameAccount(ctx, s.App, d)
		if err != nil || !changed {
			return err
		}
		return s.Herald.Renamed(ctx, d)
	}
	return err
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

// RepeatWindow is how long a call that asks for what has just been done is taken
// for a repeat of the call that did it, whose answer was lost: it succeeds and
// changes nothing. Later it fails as any call does that asks for what is so
// already.
const RepeatWindow = 2 * time.Minute

// Delete ends accounts, and returns an error for each id that names none or names
// an admin (core spec §4.3). Once an account is marked, its signatures are void;
// then its connections are closed and a worker is told to remove its data. A call
// that dies in between is healed by a repeat, which does the latter two again
// until the data is gone.
func (s Service) Delete(ctx context.Context, ids []string) (map[string]error, error) {
	if !s.Deleting {
		return nil, fault.New(fault.DeletionRefused, "the edition does not allow deleting accounts")
	}
	errs := make(map[string]error, len(ids))
	for _, id := range ids {
		errs[id] = unknown(id)
	}
	for _, id := range unique(ids) {
		if s.Admin(id) {
			errs[id] = fault.New(fault.Invalid, "%s is an admin of the application; remove the admin first", id)
			continue
		}
		now := s.Now()
		d, err := s.Store.DeleteAccount(ctx, s.App, id, now.Unix(), s.Limit > 0)
		if err != nil {
			return nil, err
		}
		if d.Ended || (d.Known && now.Sub(time.Unix(d.At, 0)) < RepeatWindow) {
			errs[id] = nil
		}
		if !d.Known || d.Swept {
			continue
		}
		if err := s.Out.Disconnect(ctx, id, "deleted"); err != nil {
			return nil, err
		}
		if err := s.Removals.Send(ctx, Removal{App: s.App, User: id, Deleted: d.At}, 0); err != nil {
			return nil, err
		}
	}
	return errs, nil
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

// unique returns those ids that can be, each once.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] && CheckID(id) == nil {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
