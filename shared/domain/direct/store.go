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
	// CountArrival counts a message on the receiver's row. A repeat changes nothing.
	// It returns the receiver's option, which is in the same row.
	CountArrival(ctx context.Context, app int64, arrival Arrival) (Option, error)
	// ReplaceKey corrects the key of the last message in owner's list, if that is
	// still the last message.
	ReplaceKey(ctx context.Context, app int64, owner string, id chat.ID, r KeyReplacement) error
	// AdvanceRow makes an imported message the last message of owner's list if it is
	// newer than the one there, and extends the life of the row if that is shorter.
	AdvanceRow(ctx context.Context, app int64, owner string, id chat.ID, advance RowUpdateOfImport) error
	// Accounts reads the accounts of distinct users; nil for a user without one.
	Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
}

// A ClaimStore stores the idempotency windows of senders.
type ClaimStore interface {
	// Windows reads the Windows of the user's rows, with an eventually consistent read. A row
	// that does not exist has the zero Window.
	Windows(ctx context.Context, app int64, user string, ids []chat.ID) ([]Window, error)
	// WriteClaim replaces a Window, and makes the message the last one of the row unless
	// ExcludedFromLast is set. If the row is not as the write requires, it changes nothing and returns
	// the Window that the row has.
	WriteClaim(ctx context.Context, app int64, w ClaimWrite) (written bool, now Window, err error)
	// SavedSend reads a send that left its Window, strongly; nil if it was not saved.
	SavedSend(ctx context.Context, app int64, user string, id chat.ID, idempotencyKey uint64) (*SavedSend, error)
	// SaveSend saves a send that leaves its Window. It is stored for two windows.
	SaveSend(ctx context.Context, app int64, user string, id chat.ID, s SavedSend) error
	// ClaimBatch fixes the time of a batch, in microseconds. A repeat within the
	// window is given the time of the first call.
	ClaimBatch(ctx context.Context, app int64, from string, idempotencyKey uint64, nowUs int64) (int64, error)
}

// A PermissionsQuery says whose permissions are read, and what else is read with them in one
// request.
type PermissionsQuery struct {
	From, To string
	Receiver bool // the account of To
	Friends  bool // the friendship, in both directions
	Window   bool // the Window of the sender's row
}

// A PermissionsStore reads who may write to whom.
type PermissionsStore interface {
	// Permissions reads the sender's account, whether the receiver blocks the sender, and what
	// the query asks for.
	Permissions(ctx context.Context, app int64, q PermissionsQuery) (Permissions, error)
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
