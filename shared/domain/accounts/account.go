// Package accounts holds the users of an application. It imports, checks, mutes,
// bans and deletes accounts, and decides whether a caller is served.
package accounts

import (
	"math"
	"time"

	"parley/shared/fault"
)

const (
	maxID   = 32  // bytes of a user id (docs/spec/tencent §1.4)
	maxText = 500 // bytes of a profile text (docs/spec/tencent §7.0)
	// MaxBatch is the maximum number of accounts in one call (docs/spec/tencent §13).
	MaxBatch = 100
	// reservation is the time after a deletion in which the id cannot be imported
	// again. It does not hold in the developer edition (docs/spec/tencent §4.3).
	reservation = 90 * 24 * time.Hour
)

// An Account is a user of an application.
type Account struct {
	ID      string
	Nick    string
	Face    string
	Created int64 // Unix seconds
	Deleted int64 // Unix seconds; 0 if the account is not deleted
	// Reborn is set if another account, of another person, had the same id before. It
	// is the Unix second from which this account lives; 0 if there was no other
	// account. The user of this account does not see and cannot change messages from
	// before Reborn (docs/adr/0023). Example: bob is deleted at second 100, and
	// another bob is imported at second 101. The second bob does not see a message
	// that was sent at second 99.
	Reborn int64
	// Swept says that the data of the deleted account is removed. Only then can the
	// id be imported again.
	Swept bool
	// SignaturesFrom is in Unix seconds. Signatures that were issued at this time or
	// before it are void.
	SignaturesFrom   int64
	MutedUntil       int64 // end of the mute for one-to-one messages, Unix seconds
	GroupsMutedUntil int64 // end of the mute for group messages, Unix seconds
	BannedUntil      int64 // end of the ban, Unix seconds
	// Allow says what happens to a friend request to the user. If it is empty, the
	// setting of the application holds.
	Allow FriendRequestPolicy
	// NoRequests says that the user may not send friend requests.
	NoRequests bool
	// Indexed says that the user has so many conversations that their rows are in an
	// index. Every call that writes a new row for the user must put it into the index.
	Indexed bool
}

// Forever is the end of a mute or a ban that does not end by itself.
const Forever = math.MaxInt64

// FriendRequestPolicy says what happens to a friend request (docs/spec/tencent §7.0).
type FriendRequestPolicy string

// The values of Allow.
const (
	AllowAny    FriendRequestPolicy = "any"     // both users are friends at once
	NeedConfirm FriendRequestPolicy = "confirm" // the user who gets the request decides
	DenyAny     FriendRequestPolicy = "deny"    // the request is refused
)

// Alive reports whether the account exists and is not deleted. A nil account does
// not exist.
func (a *Account) Alive() bool { return a != nil && a.Deleted == 0 }

// CheckID refuses an id that is empty, is longer than 32 bytes, or has a character
// outside printable ASCII. The vendor documents two rules for the characters; this
// is the wider one (docs/spec/tencent §1.4).
func CheckID(id string) error {
	if id == "" || len(id) > maxID {
		return fault.New(fault.Invalid, "a %s has 1 to %d bytes", fault.UserName, maxID)
	}
	for _, c := range []byte(id) {
		if c < 0x20 || c > 0x7e {
			return fault.New(fault.Invalid, "a %s has printable ASCII characters only", fault.UserName)
		}
	}
	return nil
}
