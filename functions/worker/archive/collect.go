package archive

import (
	"context"
	"errors"

	"parley/shared/domain/archive"
	"parley/shared/op"
	"parley/shared/store"
)

// collect stores the messages of a batch of changes as parts of their hours, and
// marks these hours for the merge. Changes that are no new message are ignored: a
// file has a message as it was first stored, also when it was recalled since. A
// message that cannot be read is noted in the log and left out. A batch may come
// again, cut otherwise or out of order.
func collect(ctx context.Context, c *op.Call, changes []store.Change) error {
	var records []archive.Record
	for _, change := range changes {
		switch r, ok, err := change.Stored(); {
		case errors.Is(err, store.ErrUnreadable):
			c.Unreadable(ctx, err.Error())
		case err != nil:
			return err
		case ok:
			records = append(records, r)
		}
	}
	return c.App.Archive().Collect(ctx, records)
}
