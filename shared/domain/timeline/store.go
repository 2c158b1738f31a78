package timeline

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
)

// A Store persists messages.
type Store interface {
	// PutMessage stores a message if its key is free. Otherwise it changes nothing
	// and returns the message that has the key, as the sender of m sees it.
	PutMessage(ctx context.Context, app int64, m Message) (*Message, error)
	// MessageAt reads the message that has a key, strongly; nil if the key is free.
	MessageAt(ctx context.Context, app int64, user string, id chat.ID, k Key) (*Message, error)
	// Timeline reads a page of a timeline, newest message first.
	Timeline(ctx context.Context, app int64, q HistoryRange) (Page, error)
	// Bounds returns where a user's view of a conversation begins. If it is that of a group, it
	// fails for a user who is not a member.
	Bounds(ctx context.Context, app int64, user string, id chat.ID) (Bounds, error)
	// MessagesByKey reads messages as a user sees them. An entry is nil if there is no
	// such message, or if it expired before now (Unix seconds).
	MessagesByKey(ctx context.Context, app int64, user string, id chat.ID, keys []Key, now int64, strong bool) ([]*Message, error)
	// Account reads the account of a user; nil if there is none.
	Account(ctx context.Context, app int64, user string, strong bool) (*accounts.Account, error)
	// LastKey returns the key of the last message in a user's list, or of the last one that
	// lists show of a group; nil if there is none.
	LastKey(ctx context.Context, app int64, user string, id chat.ID) (*Key, error)
}

// A ChangeStore persists what happens to stored messages.
type ChangeStore interface {
	// AppendOperations writes entries to the operation log of a conversation.
	AppendOperations(ctx context.Context, app int64, id chat.ID, entries []LogEntry) error
	// LogSince reads the log from a time in ms on, oldest entry first, without the
	// entries that concern only the other user.
	LogSince(ctx context.Context, app int64, user string, id chat.ID, q LogRange) (LogPage, error)
	// UpdateRow notes on a user's row that messages change. If the user is empty it notes it in
	// the head of the group. If there is no row it does nothing.
	UpdateRow(ctx context.Context, app int64, user string, id chat.ID, update RowUpdate) error
	// Recall removes the content of a message. It returns false if another call has
	// already removed it.
	Recall(ctx context.Context, app int64, m Message, nowMs int64) (bool, error)
	// Edit replaces the content of a message if the stored version is still that of
	// m. Otherwise it changes nothing and returns the stored message.
	Edit(ctx context.Context, app int64, m Message, nowMs int64) (*Message, error)
	// Delete removes the content of a message of a group and marks it as deleted.
	Delete(ctx context.Context, app int64, id chat.ID, key Key, nowMs int64) error
	// Hide removes a message from the view of one user.
	Hide(ctx context.Context, app int64, user string, id chat.ID, key Key) error
	// React adds a user's reaction to a message, or removes it. It returns false if
	// the message was recalled or deleted, or got too many reactions, in the meantime.
	React(ctx context.Context, app int64, user string, id chat.ID, key Key, reaction string, add bool) (bool, error)
	// SaveReadReceipt stores that the receiver has sent a read receipt for a message.
	SaveReadReceipt(ctx context.Context, app int64, m Message, nowMs int64) error
}

// An ExtensionStore persists message extensions.
type ExtensionStore interface {
	// ExtensionCounters reads, with strong reads, the counters of a message and those
	// of the named extensions that exist.
	ExtensionCounters(ctx context.Context, app int64, id chat.ID, m Key, keys []string) (ExtensionCounters, map[string]Extension, error)
	// AllExtensions reads the counters and all extensions of a message.
	AllExtensions(ctx context.Context, app int64, id chat.ID, m Key) (ExtensionCounters, []Extension, error)
	// WriteExtensions writes extensions, removes others and writes the counters, all
	// together or nothing. It returns false, and writes nothing, if the stored
	// counters no longer have the version of counters.
	WriteExtensions(ctx context.Context, app int64, id chat.ID, m Key, counters ExtensionCounters, put []Extension, remove []string) (bool, error)
}
