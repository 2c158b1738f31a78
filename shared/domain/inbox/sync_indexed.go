package inbox

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"parley/shared/domain/chat"
)

// A SyncPart is one of the three parts of the sync of an indexed user. Each part finds rows
// in another way.
type SyncPart int

// The parts, in the order in which a sync goes through them.
const (
	PartMessages SyncPart = iota // rows of the list with a new message, in the order of the list
	PartWithData                 // rows with data beyond the end of the list, in the order of conversations
	PartChanges                  // rows with a change that was not a message, newest change first
)

// indexedSync is one call of a sync of an indexed user.
type indexedSync struct {
	Service
	user        string
	since       int64
	request     PageRequest
	now         time.Time
	pinnedCount int // number of pinned conversations, which come first in the list
	left        int // number of rows that the call may still read
	groups      []Row

	out     Page
	full    bool      // the page has no room for another row
	listEnd *Position // the last conversation of the list; nil: not read yet
}

// page returns the page that begins after a position.
func (i *indexedSync) page(ctx context.Context, at *Position) (Page, error) {
	if at == nil || (at.Part == PartMessages && at.TimeMs == 0) {
		if at != nil { // a position of a page that was made before the user was indexed
			at = &Position{Part: PartChanges}
		} else {
			at = &Position{TimeMs: math.MaxInt64}
		}
	}
	for at != nil {
		var err error
		switch at.Part {
		case PartMessages:
			at, err = i.addMessages(ctx, *at)
		case PartWithData:
			at, err = i.addRowsWithData(ctx, *at)
		default:
			at, err = i.addChanges(ctx, *at)
		}
		if err != nil {
			return Page{}, err
		}
		if at != nil && (i.full || i.left <= 0) {
			break
		}
	}
	i.out.Next = at
	return i.out, nil
}

// add adds a row to the page. It returns false if the page has no room for the row.
func (i *indexedSync) add(r Row) bool {
	r = r.asOf(i.now)
	if i.full = i.request.Fits != nil && !i.request.Fits(r); i.full {
		return false
	}
	i.out.Rows = append(i.out.Rows, r)
	i.full = len(i.out.Rows) == i.request.Limit
	return true
}

// nothingToReport reports whether a device need not know of a row: the row does not
// exist, or its messages have expired and it has no data.
func (i *indexedSync) nothingToReport(r Row) bool {
	return r.Chat.IsZero() || (!r.unexpired(i.now) && r.Data == (Data{}))
}

// addMessages adds the rows of the list that have got a message since the time of the
// sync. It returns the position at which the sync goes on.
func (i *indexedSync) addMessages(ctx context.Context, at Position) (*Position, error) {
	beyondList := false
	scan := indexScan{order: ByMessage, from: i.since, after: &at, page: i.request.Limit, left: &i.left, strong: true, groups: i.groups}
	end, err := i.scanIndex(ctx, i.user, scan, func(e IndexEntry, r Row) bool {
		seen := at.RowsUpTo
		if r.Shown(i.now) && r.PinnedMs == 0 {
			if seen++; seen > max(i.settings.Limit-i.pinnedCount, 0) {
				beyondList = true
				return false
			}
		}
		if !i.nothingToReport(r) && r.TimeMs > 0 && !i.add(r) {
			return false
		}
		at = e.position()
		at.RowsUpTo = seen
		return !i.full
	})
	switch {
	case err != nil:
		return nil, err
	case beyondList, end && i.since <= 0:
		return &Position{Part: PartWithData}, nil
	case end:
		return &Position{Part: PartChanges}, nil
	}
	return &at, nil
}

// addRowsWithData adds the rows with data that are beyond the end of the list and have
// got a message since the time of the sync. If that time is 0, it also adds rows with
// data and without a message. It returns the position at which the sync goes on, nil at
// its end.
func (i *indexedSync) addRowsWithData(ctx context.Context, at Position) (*Position, error) {
	rows, err := i.rowsWithDataOf(ctx, i.user, i.groups)
	if err != nil {
		return nil, err
	}
	var ids []chat.ID
	for _, r := range rows {
		if chat.Compare(r.Chat, at.Chat) > 0 {
			ids = append(ids, r.Chat)
		}
	}
	for part := range slices.Chunk(ids, i.request.Limit) {
		if rows, err = i.rowsOf(ctx, i.user, part, true); err != nil {
			return nil, err
		}
		for n, r := range rows {
			beyond := r.TimeMs == 0
			if !beyond {
				if beyond, err = i.beyondList(ctx, r); err != nil {
					return nil, err
				}
			}
			if !i.nothingToReport(r) && r.Data != (Data{}) && beyond && (i.since <= 0 || r.TimeMs >= i.since) && !i.add(r) {
				return &at, nil
			}
			if at.Chat = part[n]; i.full {
				return &at, nil
			}
		}
		if i.left -= len(part); i.left <= 0 {
			return &at, nil
		}
	}
	if i.since <= 0 {
		return nil, nil
	}
	return &Position{Part: PartChanges}, nil
}

// addChanges adds the rows that have changed since the time of the sync, but have got no
// message since. It returns the position at which the sync goes on, nil at its end.
func (i *indexedSync) addChanges(ctx context.Context, at Position) (*Position, error) {
	var failed error
	scan := indexScan{order: ByChange, from: i.since, page: i.request.Limit, left: &i.left, strong: true, groups: i.groups}
	if !at.Chat.IsZero() {
		scan.after = &Position{TimeMs: at.TimeMs, Chat: at.Chat}
	}
	end, err := i.scanIndex(ctx, i.user, scan, func(e IndexEntry, r Row) bool {
		report := !i.nothingToReport(r) && r.TimeMs < i.since // the parts before have found rows with a new message
		if report && r.Shown(i.now) && r.Data == (Data{}) {
			var beyond bool
			if beyond, failed = i.beyondList(ctx, r); failed != nil {
				return false
			}
			report = !beyond
		}
		if report && !i.add(r) {
			return false
		}
		at = e.position()
		at.Part = PartChanges
		return !i.full
	})
	if err := cmp.Or(err, failed); err != nil {
		return nil, err
	}
	if end {
		return nil, nil
	}
	return &at, nil
}

// beyondList reports whether a row comes, by its last message, after the last
// conversation of the list.
func (i *indexedSync) beyondList(ctx context.Context, r Row) (bool, error) {
	if i.listEnd == nil {
		end, err := i.readListEnd(ctx)
		if err != nil {
			return false, err
		}
		i.listEnd = &end
	}
	return i.listEnd.compare(r.positionByMessage()) < 0, nil
}

// readListEnd returns the position of the last conversation of the list that is not
// pinned, as the index has it. If the list is not full, it returns a position after all
// rows. If the list is full of pinned conversations, it returns one before all rows.
func (i *indexedSync) readListEnd(ctx context.Context) (Position, error) {
	pinned := map[chat.ID]bool{}
	if i.pinnedCount > 0 {
		rows, err := i.pinnedFromIndex(ctx, i.user, i.groups)
		if err != nil {
			return Position{}, err
		}
		for _, r := range rows {
			pinned[r.Chat] = true
		}
	}
	room := i.settings.Limit - len(pinned)
	if room <= 0 {
		return Position{TimeMs: math.MaxInt64}, nil
	}
	entries, _, _, err := i.indexEntries(ctx, i.user, i.groups, ByMessage, 1, math.MaxInt64, i.settings.Limit)
	if err != nil {
		return Position{}, err
	}
	for _, e := range entries {
		if pinned[e.Chat] {
			continue
		}
		if room--; room == 0 {
			return e.position(), nil
		}
	}
	return Position{TimeMs: -1}, nil
}
