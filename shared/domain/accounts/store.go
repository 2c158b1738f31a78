package accounts

import "context"

// A Reader reads accounts.
type Reader interface {
	// Accounts reads accounts, in the order of ids. An id must not be in ids twice.
	// An account that does not exist is nil.
	Accounts(ctx context.Context, app int64, ids []string) ([]*Account, error)
}

// Store reads and writes accounts.
type Store interface {
	Reader
	// CreateAccount writes a new account. It replaces an account with the same id if
	// that one was deleted at latestDeletion (Unix seconds) or before, and its data
	// is swept; the signatures of the replaced account stay void. If limit > 0, the
	// application must not have more accounts than limit. It fails with AccountQuota,
	// AccountReserved, or Conflict if the account exists.
	CreateAccount(ctx context.Context, app int64, a Account, latestDeletion int64, limit int) error
	// RenameAccount sets those texts of an account that are not empty in i. It
	// returns false if the account already has these texts.
	RenameAccount(ctx context.Context, app int64, i Import) (bool, error)
	// DeleteAccount marks an account as deleted at a time (Unix seconds) and voids its
	// signatures. If counted, it subtracts the account from the application's number
	// of accounts.
	DeleteAccount(ctx context.Context, app int64, id string, at int64, counted bool) (Deletion, error)
	// RevokeSignatures voids the signatures that were issued until a time (Unix
	// seconds). It never makes a void signature valid. It fails with AccountUnknown.
	RevokeSignatures(ctx context.Context, app int64, id string, at int64) error
	// MuteAccount sets the end of the mute for one-to-one messages and of the mute for
	// group messages (Unix seconds). A nil end stays as it is; 0 removes the mute. It
	// fails with AccountUnknown.
	MuteAccount(ctx context.Context, app int64, id string, direct, groups *int64) error
	// BanAccount sets the end of a ban (Unix seconds); 0 removes the ban. It fails
	// with AccountUnknown.
	BanAccount(ctx context.Context, app int64, id string, until int64) error
	// ClaimRemoval gives one worker the right to remove the data of an account, until
	// untilMs. deleted is the time at which the account was deleted (Unix seconds). A
	// successful claim also resets Swept. If another worker holds a claim, claimed is
	// false and busy is the end of that claim (ms). If there is no account with this
	// id and this deletion time, claimed is false and busy is 0.
	ClaimRemoval(ctx context.Context, app int64, id string, deleted, nowMs, untilMs int64) (claimed bool, busy int64, err error)
	// EndRemoval ends the claim that ends at untilMs, and sets Swept if swept is true.
	// It does nothing if another worker holds a claim by now.
	EndRemoval(ctx context.Context, app int64, id string, deleted, untilMs int64, swept bool) error
}

// A Deletion is what DeleteAccount found and did.
type Deletion struct {
	Known      bool  // there is an account with this id, deleted or not
	DeletedNow bool  // this call deleted the account
	At         int64 // when the account was deleted, Unix seconds
	Swept      bool  // the data of the deleted account is removed
}
