package inbox

import (
	"context"
	"slices"

	"parley/shared/timeouts"
)

// Synced is a page of the rows that have changed.
type Synced struct {
	Page
	SinceMs int64 // the value of since for the next call of Sync, ms; of several pages, that of the first one counts
	Head    Head
}

// Sync returns a page of the conversations that have changed since a time in ms, newest
// first, and the value of since for the next call. Conversations that show no message
// are among them, because the device may still show an older message, or because the
// user deleted the conversation.
//
// The rows are read strongly, and a send reads the sessions strongly, so that no message
// is missed (docs/data-model.md §5). Example: alice sends to bob while bob's device
// connects. The send writes bob's row and then reads his session; the device writes its
// session and then syncs the rows. Whatever the order is, the send finds the device, or
// the sync finds the message.
//
// For an indexed user, the index says which rows have changed. It may be a moment
// behind, so the next sync reaches back further. With since 0, the sync of an indexed
// user leaves out rows that show no message and have no data: a device that knows no
// conversation need not forget one. While the index is incomplete and there are too many
// rows to read them at once, the next call must have the same value of since again.
func (s Service) Sync(ctx context.Context, user string, since int64, request PageRequest) (Synced, error) {
	out := Synced{SinceMs: s.clock.Now().Add(-timeouts.Overlap).UnixMilli()}
	head, err := s.heads.Head(ctx, s.app, user, false)
	if err != nil {
		return out, err
	}
	read, err := s.readRows(ctx, user, &head, true)
	if err == nil {
		err = s.requestIndexing(ctx, user, read)
	}
	if err != nil {
		return out, err
	}
	out.Head = head
	switch {
	case read.partial:
		out.SinceMs = max(since, 0)
	case read.indexed:
		out.SinceMs -= indexLag.Milliseconds()
	default:
		out.Page = s.changedRows(read.rows, since, request)
		return out, nil
	}
	i := indexedSync{Service: s, user: user, since: since, request: request, now: s.clock.Now(), pinnedCount: head.Pinned, left: maxIndexedRows, groups: read.groups}
	out.Page, err = i.page(ctx, request.After)
	return out, err
}

// changedRows returns a page of those rows that have changed since a time, for a user
// who is not indexed. Rows beyond the end of the list are left out if they have no data.
func (s Service) changedRows(rows []Row, since int64, request PageRequest) Page {
	now, listed := s.clock.Now(), 0
	sortRows(rows, Row.Position)
	rows = slices.DeleteFunc(rows, func(r Row) bool {
		if r.Shown(now) {
			if listed++; listed > s.settings.Limit && r.Data == (Data{}) {
				return true // beyond the end of the list
			}
		}
		return (!r.unexpired(now) && r.Data == (Data{})) || r.lastChangeMs() < since
	})
	for i, r := range rows {
		rows[i] = r.asOf(now)
	}
	sortRows(rows, Row.positionByMessage)
	return pageOf(rows, Row.positionByMessage, request)
}
