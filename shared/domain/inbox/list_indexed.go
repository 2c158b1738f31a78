package inbox

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/chat"
)

// listIndexed is List for an indexed user.
func (s Service) listIndexed(ctx context.Context, user string, f Filter, request PageRequest, groups []Row) (Page, error) {
	b, after := pageBuilder{now: s.clock.Now(), filter: f, request: request, listLimit: s.settings.Limit}, request.After
	if after == nil || after.Pinned {
		if err := s.addPinned(ctx, user, groups, &b); err != nil {
			return Page{}, err
		}
	} else {
		b.seen = after.RowsUpTo
	}
	left, page := maxIndexedRows, indexedPageRows
	if f == (Filter{}) {
		page = request.Limit + 1
	}
	scan := indexScan{order: ByMessage, page: page, left: &left, groups: groups}
	if after != nil && !after.Pinned {
		scan.after = after
	}
	if b.full() {
		return b.page(), nil
	}
	last := scan.after
	end, err := s.scanIndex(ctx, user, scan, func(e IndexEntry, r Row) bool {
		at := e.position()
		last = &at
		// A row that has got a message since the page before has moved up in the list. It
		// is on none of the later pages.
		movedUp := scan.after != nil && r.positionByMessage().compare(*scan.after) <= 0
		if r.TimeMs > 0 && r.Shown(b.now) && r.PinnedMs == 0 && !movedUp {
			b.add(r, at)
		}
		at.RowsUpTo = b.seen
		return !b.full()
	})
	if err != nil {
		return Page{}, err
	}
	if !end && !b.full() { // the call has read its maximum of rows, and the list goes on
		b.Next = last
		return b.Page, nil
	}
	return b.page(), nil
}

// addPinned adds the user's pinned conversations to a page.
func (s Service) addPinned(ctx context.Context, user string, groups []Row, b *pageBuilder) error {
	rows, err := s.pinnedFromIndex(ctx, user, groups)
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]chat.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.Chat
	}
	if rows, err = s.rowsOf(ctx, user, ids, false); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.PinnedMs == 0 })
	sortRows(rows, Row.Position)
	for _, r := range rows {
		if at := r.Position(); b.request.After != nil && at.compare(*b.request.After) <= 0 {
			b.seen++
		} else {
			b.add(r, at)
		}
	}
	return nil
}

// A pageBuilder builds a page of the list of an indexed user.
type pageBuilder struct {
	Page
	now       time.Time
	filter    Filter
	request   PageRequest
	listLimit int  // maximum number of entries of the list
	seen      int  // number of entries of the list so far, also of those that the filter leaves out
	overflow  bool // there was a row for which the page has no room
}

// full reports whether no other row can be added.
func (b *pageBuilder) full() bool { return b.overflow || b.seen > b.listLimit }

// add adds the next entry of the list.
func (b *pageBuilder) add(r Row, at Position) {
	if b.seen++; b.full() || !b.filter.matches(r.asOf(b.now)) {
		return
	}
	at.RowsUpTo, r = b.seen, r.asOf(b.now)
	if b.overflow = len(b.Rows) == b.request.Limit || (b.request.Fits != nil && !b.request.Fits(r)); !b.overflow {
		b.Rows, b.Positions = append(b.Rows, r), append(b.Positions, at)
	}
}

func (b *pageBuilder) page() Page {
	if b.overflow {
		b.Next = &b.Positions[len(b.Positions)-1]
	}
	return b.Page
}
