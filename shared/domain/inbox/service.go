// Package inbox holds a user's side of each conversation, one-to-one or of a group: its
// place in the user's list, its unread messages, the read cursors of both users, and
// the user's pins, labels, folders and drafts.
package inbox

import (
	"context"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/parallel"
)

// Settings are what an application says about the conversations of its users.
type Settings struct {
	Limit           int  // maximum number of conversations in a list, set by the edition
	FoldersIncluded bool // the edition includes folders and standard labels
}

// Service reads and changes the conversations of the users of one application.
type Service struct {
	app         int64
	settings    Settings
	rows        RowStore
	heads       HeadStore
	readCursors ReadCursorStore
	groups      GroupStore
	options     MemberOptions
	index       IndexStore
	indexJobs   IndexQueue
	accounts    accounts.Reader
	delivery    delivery.Service
	clock       clock.Clock
	parallel    parallel.Runner
}

// New returns the Service of an application. indexJobs is the queue of the worker that calls
// IndexRows.
func New(
	app int64, s Settings, rows RowStore, heads HeadStore, readCursors ReadCursorStore, g GroupStore, o MemberOptions, index IndexStore, indexJobs IndexQueue,
	a accounts.Reader, d delivery.Service, c clock.Clock, r parallel.Runner,
) Service {
	return Service{
		app: app, settings: s, rows: rows, heads: heads, readCursors: readCursors, groups: g, options: o, index: index, indexJobs: indexJobs,
		accounts: a, delivery: d, clock: c, parallel: r,
	}
}

// RemoveData removes one page of the rows, drafts and head of a user whose account is
// deleted. It returns whether there is more to remove. It does not touch the rows of
// the peers, and the messages.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	return s.rows.RemoveConversations(ctx, s.app, user)
}
