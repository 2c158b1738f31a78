// Package inbox holds a user's side of each one-to-one conversation: its
// place in the user's list, its unread messages, the read cursors of both users, and
// the user's pins, labels, folders and drafts.
package inbox

import (
	"context"

	"parley/shared/clock"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
)

// Service reads and changes the conversations of the users of one application.
type Service struct {
	clock.Clock

	App             int64
	Limit           int  // maximum number of conversations in a list, set by the edition
	FoldersIncluded bool // the edition includes folders and standard labels
	Rows            RowStore
	Heads           HeadStore
	ReadCursors     ReadCursorStore
	Index           IndexStore
	IndexJobs       IndexQueue
	Accounts        accounts.Reader
	Delivery        delivery.Service
	// Parallel runs functions at the same time and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// RemoveData removes one page of the rows, drafts and head of a user whose account is
// deleted. It returns whether there is more to remove. It does not touch the rows of
// the peers, and the messages.
func (s Service) RemoveData(ctx context.Context, user string) (more bool, err error) {
	return s.Rows.ForgetConversations(ctx, s.App, user)
}
