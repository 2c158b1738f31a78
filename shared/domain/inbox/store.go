package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// A RowStore reads and removes rows and drafts.
type RowStore interface {
	// RowsAfter reads up to limit rows of a user in the order of their conversations,
	// beginning after one. It returns whether more rows follow.
	RowsAfter(ctx context.Context, app int64, user string, after chat.ID, limit int, strong bool) (rows []Row, more bool, err error)
	// RowsOf reads the rows of some conversations, in their order. A row that does not
	// exist is the zero Row, without a Chat.
	RowsOf(ctx context.Context, app int64, user string, ids []chat.ID, strong bool) ([]Row, error)
	// LastCounted returns the key of the newest message that the row has counted. It
	// returns nil if there is no such message.
	LastCounted(ctx context.Context, app int64, user string, r Row) (*timeline.Key, error)
	// Drafts reads a user's drafts of some conversations, in their order. A draft that does not
	// exist is empty.
	Drafts(ctx context.Context, app int64, user string, ids []chat.ID) ([]string, error)
	// RemoveConversations removes one page of a user's rows, drafts and head. It returns
	// whether there is more to remove.
	RemoveConversations(ctx context.Context, app int64, user string) (more bool, err error)
}

// A HeadStore reads heads, and writes them together with rows.
type HeadStore interface {
	// Head reads a user's head.
	Head(ctx context.Context, app int64, user string, strong bool) (Head, error)
	// WriteConversations writes a transaction, all of it or nothing. It returns false and writes
	// nothing if something is no longer as the transaction has seen it. It fails with
	// DataLimit and PinLimit.
	WriteConversations(ctx context.Context, app int64, user string, t Transaction) (bool, error)
}

// A ReadCursorStore moves read cursors.
type ReadCursorStore interface {
	// MoveReadCursor moves the user's read cursor to the offset upTo, or to the last message
	// if upTo is nil. It never moves the cursor back, and never past the last message.
	// It returns the row after the write, nil if there is no row, and whether the
	// cursor moved.
	MoveReadCursor(ctx context.Context, app int64, user string, id chat.ID, upTo *int64, nowMs int64) (*Row, bool, error)
	// CopyReadCursorToPeer writes the reader's read cursor to the peer's row. It does nothing
	// if the row counts in another epoch, or if the cursor is already there.
	CopyReadCursorToPeer(ctx context.Context, app int64, reader string, id chat.ID, epoch, offset, nowMs int64) (copied bool, err error)
	// OffsetAt returns the highest offset of an epoch that a message has which the peer
	// sent to user at or before a time in Unix seconds. It returns 0 if there is no such
	// message. Example: the row began anew in epoch 900. A message of epoch 100 with offset
	// 50, which is not removed yet, is not counted.
	OffsetAt(ctx context.Context, app int64, user string, id chat.ID, epoch, at int64) (int64, error)
}
