package direct

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
)

// A Store counts messages on the conversation rows of both users, and remembers what
// was sent.
type Store interface {
	// SessionEventually reads a session with an eventually consistent read, which
	// may be a moment old. Use it only for what a device may miss.
	SessionEventually(ctx context.Context, app int64, user string) (sessions.Session, error)
	// Claim gives a send the next offset of the sender's row. If the same send is in
	// the idempotency window already, it returns the claim of the first call.
	Claim(ctx context.Context, app int64, r ClaimRequest) (Claim, error)
	// CountArrival counts a message on the receiver's row. A repeat changes nothing.
	// It returns the receiver's option, which is in the same row.
	CountArrival(ctx context.Context, app int64, arrival Arrival) (Option, error)
	// ReplaceKey corrects the key of the last message in owner's list, if that is
	// still the last message.
	ReplaceKey(ctx context.Context, app int64, owner string, id chat.ID, r KeyReplacement) error
	// AdvanceRow makes an imported message the last message of owner's list if it is
	// newer than the one there, and extends the life of the row if that is shorter.
	AdvanceRow(ctx context.Context, app int64, owner string, id chat.ID, advance RowUpdateOfImport) error
	// ClaimBatch fixes the time of a batch, in microseconds. A repeat within the
	// window is given the time of the first call.
	ClaimBatch(ctx context.Context, app int64, from string, idempotencyKey uint64, nowUs int64) (int64, error)
	// Accounts reads the accounts of distinct users; nil for a user without one.
	Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
}

// A PermissionsStore reads who may write to whom.
type PermissionsStore interface {
	// Permissions reads the accounts and the relation of two users; the friendship
	// only if friends is true.
	Permissions(ctx context.Context, app int64, from, to string, friends bool) (Permissions, error)
	// SenderPermissions is Permissions without the receiver's account.
	SenderPermissions(ctx context.Context, app int64, from, to string, friends bool) (Permissions, error)
}

// A MergedStore persists merged lists.
type MergedStore interface {
	// PutMerged stores a merged list. No part of it can be read before all parts are
	// stored.
	PutMerged(ctx context.Context, app int64, m content.MergedList) error
	// MergedHead reads the head of a merged list; nil if there is no such list.
	MergedHead(ctx context.Context, app int64, key string) (*content.MergedHead, error)
	// MergedPart reads the head and one part; the part is nil if it does not exist.
	MergedPart(ctx context.Context, app int64, key string, part int) (*content.MergedHead, []content.MergedMessage, error)
}

// An Arrival is a message that is to be counted on the receiver's row.
type Arrival struct {
	timeline.Message
	NowMs      int64
	Preview    string
	RowExpires int64
	Indexed    bool // the rows of the receiver have an index
}

// A KeyReplacement corrects a row: the row was written with key From for a message
// that is stored under key To, because From was taken.
type KeyReplacement struct {
	From, To timeline.Key
	Preview  string
	NowMs    int64
}
