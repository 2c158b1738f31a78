package messages

import (
	"context"
	"encoding/json"

	"parley/shared/domain/accounts"
	"parley/shared/domain/content"
	"parley/shared/domain/sessions"
)

// A Store persists messages and changes the conversation rows of both users.
type Store interface {
	// Permissions reads the accounts and the relation of two users; the friendship
	// only if friends is true.
	Permissions(ctx context.Context, app int64, from, to string, friends bool) (Permissions, error)
	// SenderPermissions is Permissions without the receiver's account.
	SenderPermissions(ctx context.Context, app int64, from, to string, friends bool) (Permissions, error)
	// SessionEventually reads a session with an eventually consistent read, which
	// may be a moment old. Use it only for what a device may miss.
	SessionEventually(ctx context.Context, app int64, user string) (sessions.Session, error)
	// Claim gives a send the next offset of the sender's row. If the same send is in
	// the idempotency window already, it returns the claim of the first call.
	Claim(ctx context.Context, app int64, r ClaimRequest) (Claim, error)
	// PutMessage stores a message if its key is free. Otherwise it changes nothing
	// and returns the message that has the key, as the sender of m sees it.
	PutMessage(ctx context.Context, app int64, m Message) (*Message, error)
	// CountArrival counts a message on the receiver's row. A repeat changes nothing.
	// It returns the receiver's option, which is in the same row.
	CountArrival(ctx context.Context, app int64, arrival Arrival) (Option, error)
	// ReplaceKey corrects the key of the last message in owner's list, if that is
	// still the last message.
	ReplaceKey(ctx context.Context, app int64, owner, peer string, r KeyReplacement) error
	// MessageAt reads the message that has a key; nil if the key is free.
	MessageAt(ctx context.Context, app int64, user, peer string, k Key) (*Message, error)
	// AdvanceRow makes an imported message the last message of owner's list if it is
	// newer than the one there, and extends the life of the row if that is shorter.
	AdvanceRow(ctx context.Context, app int64, owner, peer string, advance RowUpdateOfImport) error
	// PutMerged stores a merged list. No part of it can be read before all parts are
	// stored.
	PutMerged(ctx context.Context, app int64, m content.MergedList) error
	// MergedHead reads the head of a merged list; nil if there is no such list.
	MergedHead(ctx context.Context, app int64, key string) (*content.MergedHead, error)
	// MergedPart reads the head and one part; the part is nil if it does not exist.
	MergedPart(ctx context.Context, app int64, key string, part int) (*content.MergedHead, []json.RawMessage, error)
	// ClaimBatch fixes the time of a batch, in microseconds. A repeat within the
	// window is given the time of the first call.
	ClaimBatch(ctx context.Context, app int64, from string, idempotencyKey uint64, nowUs int64) (int64, error)
	// Accounts reads the accounts of distinct users; nil for a user without one.
	Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
	// Bounds returns where a user's view of a conversation begins.
	Bounds(ctx context.Context, app int64, user, peer string) (Bounds, error)
	// Timeline reads a page of a timeline, newest message first.
	Timeline(ctx context.Context, app int64, q HistoryRange) (TimelinePage, error)
	ChangeStore
	ExtensionStore
}

// A ChangeStore persists what happens to stored messages.
type ChangeStore interface {
	// MessagesByKey reads messages as a user sees them. An entry is nil if there is no
	// such message, or if it expired before now (Unix seconds).
	MessagesByKey(ctx context.Context, app int64, user, peer string, keys []Key, now int64, strong bool) ([]*Message, error)
	// Account reads the account of a user; nil if there is none.
	Account(ctx context.Context, app int64, user string, strong bool) (*accounts.Account, error)
	// Log writes entries to the operation log of a conversation.
	Log(ctx context.Context, app int64, a, b string, entries []LogEntry) error
	// LogSince reads the log from a time in ms on, oldest entry first, without the
	// entries that concern only the other user.
	LogSince(ctx context.Context, app int64, user, peer string, q LogRange) (LogPage, error)
	// UpdateRow notes on a user's row that messages change. If the user has no row it
	// does nothing.
	UpdateRow(ctx context.Context, app int64, user, peer string, update RowUpdate) error
	// Recall removes the content of a message. It returns false if another call has
	// already removed it.
	Recall(ctx context.Context, app int64, m Message, nowMs int64) (bool, error)
	// Edit replaces the content of a message if the stored version is still that of
	// m. Otherwise it changes nothing and returns the stored message.
	Edit(ctx context.Context, app int64, m Message, nowMs int64) (*Message, error)
	// Hide removes a message from the view of one user.
	Hide(ctx context.Context, app int64, user, peer string, key Key) error
	// React adds a user's reaction to a message, or removes it. It returns false if
	// the message was recalled, or got too many reactions, in the meantime.
	React(ctx context.Context, app int64, user, peer string, key Key, reaction string, add bool) (bool, error)
	// Confirm stores that the receiver has sent a read receipt for a message.
	Confirm(ctx context.Context, app int64, m Message, nowMs int64) error
	// LastKey returns the key of the last message in a user's list; nil if there is
	// none.
	LastKey(ctx context.Context, app int64, user, peer string) (*Key, error)
}

// An ExtensionStore persists message extensions.
type ExtensionStore interface {
	// ExtensionCounters reads, with strong reads, the counters of a message and those
	// of the named extensions that exist.
	ExtensionCounters(ctx context.Context, app int64, a, b string, m Key, keys []string) (ExtensionCounters, map[string]Extension, error)
	// AllExtensions reads the counters and all extensions of a message.
	AllExtensions(ctx context.Context, app int64, a, b string, m Key) (ExtensionCounters, []Extension, error)
	// WriteExtensions writes extensions, removes others and writes the counters, all
	// together or nothing. It returns false, and writes nothing, if the stored
	// counters no longer have the version of counters.
	WriteExtensions(ctx context.Context, app int64, a, b string, m Key, counters ExtensionCounters, put []Extension, remove []string) (bool, error)
}

// An Arrival is a message that is to be counted on the receiver's row.
type Arrival struct {
	Message
	NowMs      int64
	Preview    string
	RowExpires int64
	Indexed    bool // the rows of the receiver have an index
}

// A KeyReplacement corrects a row: the row was written with key From for a message
// that is stored under key To, because From was taken.
type KeyReplacement struct {
	From, To Key
	Preview  string
	NowMs    int64
}
