package inbox

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"parley/shared/domain/chat"
)

// A user with more than indexThreshold rows is indexed: a worker puts the user's rows
// into an index of the table. From then on a call reads only the rows that it needs,
// and not all rows (docs/adr/0026). For all other users, a call reads all rows at once.
const (
	indexThreshold = 500
	// firstReadRows is how many rows a call reads before it looks whether the user is
	// indexed. So a user with fewer rows does not pay for the read of the head.
	firstReadRows = 101
	// maxUnindexedRows is the maximum number of rows that a call reads at once if there
	// are so many and the index is not complete.
	maxUnindexedRows = 10_000
	// indexedPageRows is how many rows of an indexed user are read at once.
	indexedPageRows = 100
	// maxIndexedRows is the maximum number of rows of an indexed user that one call
	// reads.
	maxIndexedRows = 500
	// indexLag is how much further a sync of an indexed user reaches back. DynamoDB
	// updates an index after the table, usually less than a second later.
	indexLag = 40 * time.Second
)

// An IndexOrder is an order in which the index has the rows.
type IndexOrder int

// The orders.
const (
	ByMessage IndexOrder = iota // rows with a last message, by the time of that message
	ByChange                    // rows with a change that was not a message, by the time of the last such change
)

// An IndexEntry is the place of a row in the index. The index may be a moment behind the
// table.
type IndexEntry struct {
	Chat chat.ID
	AtMs int64
}

func (e IndexEntry) position() Position { return Position{TimeMs: e.AtMs, Chat: e.Chat} }

// IndexStore reads and writes the index.
type IndexStore interface {
	// IndexEntries reads the entries between two times, both included, newest first. It
	// returns limit entries, and also all entries that have the same time as the last
	// one. It returns whether more entries follow.
	IndexEntries(ctx context.Context, app int64, user string, order IndexOrder, from, to int64, limit int) (list []IndexEntry, more bool, err error)
	// RowsWithData reads from the index all rows with Data. It sets only their User, Chat
	// and Data. They are in no particular order.
	RowsWithData(ctx context.Context, app int64, user string) ([]Row, error)
	// BeginIndexing marks the account as indexed, so that from now on every call that
	// creates a row also puts it into the index. It returns false if the account is
	// deleted, if all its rows are in the index, or if a worker has been working on
	// them after idleMs.
	BeginIndexing(ctx context.Context, app int64, user string, nowMs, idleMs int64) (bool, error)
	// IndexRows puts up to limit rows into the index, in the order of conversations,
	// beginning after one. If more rows follow, it returns the last conversation.
	IndexRows(ctx context.Context, app int64, user string, after chat.ID, limit int) (last chat.ID, more bool, err error)
	// ExtendIndexing says that a worker is still working. If done is true, it says that
	// all rows are in the index.
	ExtendIndexing(ctx context.Context, app int64, user string, nowMs int64, done bool) error
}

// readResult is what readRows has read of a user.
type readResult struct {
	rows    []Row // all rows; empty if indexed
	groups  []Row // if indexed: all rows of groups, which the index does not have
	head    Head  // set if the caller gave a head, or if there are more rows than firstReadRows
	indexed bool  // the rows must be read from the index
	// partial says that there are too many rows to read them at once, and that the index
	// does not have all of them yet.
	partial bool
}

// readRows reads all rows of a user, or finds that they must be read from the index. If
// the caller has read the head, it passes it, which saves a read; otherwise head is nil.
// The rows of groups have the heads of their groups.
func (s Service) readRows(ctx context.Context, user string, head *Head, strong bool) (readResult, error) {
	result, err := s.readAnyRows(ctx, user, head, strong)
	switch {
	case err != nil:
		return result, err
	case result.indexed && result.head.Groups > 0:
		result.groups, err = s.groupRows(ctx, user, strong)
	case result.indexed:
	default:
		if result.rows, err = s.addHeads(ctx, result.rows, strong); err == nil {
			result.rows = withoutGone(result.rows)
		}
	}
	return result, err
}

// readAnyRows is readRows without the heads of groups.
func (s Service) readAnyRows(ctx context.Context, user string, head *Head, strong bool) (result readResult, err error) {
	limit := maxUnindexedRows
	if head == nil {
		limit = firstReadRows
	} else if result.head = *head; result.head.Indexed {
		return readResult{head: result.head, indexed: true}, nil
	}
	rows, more, err := s.rows.RowsAfter(ctx, s.app, user, chat.ID{}, limit, strong)
	if result.rows = rows; err != nil || !more {
		return result, err
	}
	if head == nil {
		if result.head, err = s.heads.Head(ctx, s.app, user, false); err != nil {
			return result, err
		}
		if result.head.Indexed {
			return readResult{head: result.head, indexed: true}, nil
		}
		var rest []Row
		var last chat.ID
		if len(result.rows) > 0 {
			last = result.rows[len(result.rows)-1].Chat
		}
		if rest, more, err = s.rows.RowsAfter(ctx, s.app, user, last, maxUnindexedRows-len(result.rows), strong); err != nil {
			return result, err
		}
		result.rows = append(result.rows, rest...)
	}
	if more {
		return readResult{head: result.head, indexed: true, partial: true}, nil
	}
	return result, nil
}

// indexScan says which entries of the index scanIndex reads, and how.
type indexScan struct {
	order  IndexOrder
	from   int64     // the scan ends at this time, ms
	after  *Position // the scan begins after it; nil: at the newest entry
	page   int       // number of rows that are read at once
	left   *int      // number of rows that the call may still read; scanIndex lowers it
	strong bool      // rows are read strongly; the index cannot be
	groups []Row     // all rows of groups, which the index does not have
}

// scanIndex calls visit for the rows of an indexed user, newest first, until visit
// returns false or scan.left is 0. It returns whether it has visited all entries.
//
// The entry is from the index, and the row is from the table. So the row may have
// changed after the index knew of it, and a row that no longer exists has no Chat.
func (s Service) scanIndex(ctx context.Context, user string, scan indexScan, visit func(IndexEntry, Row) bool) (end bool, err error) {
	to, page := int64(math.MaxInt64), scan.page
	if scan.after != nil {
		to, page = scan.after.TimeMs, scan.page+1 // the entry at the position itself is not visited
	}
	for {
		entries, downTo, more, err := s.indexEntries(ctx, user, scan.groups, scan.order, max(scan.from, 1), to, page)
		if err != nil {
			return false, err
		}
		to = downTo - 1
		if scan.after != nil {
			entries = slices.DeleteFunc(entries, func(e IndexEntry) bool { return e.position().compare(*scan.after) <= 0 })
		}
		for part := range slices.Chunk(entries, scan.page) {
			part = part[:min(len(part), *scan.left)]
			rows, err := s.rowsOfEntries(ctx, user, part, scan)
			if err != nil {
				return false, err
			}
			for i, e := range part {
				if !visit(e, rows[i]) {
					return false, nil
				}
			}
			if *scan.left -= len(part); *scan.left <= 0 {
				return false, nil
			}
		}
		if !more {
			return true, nil
		}
	}
}

// indexEntries is IndexStore.IndexEntries with entries for the rows of groups, which are sorted
// in, and returns the time down to which it has read. It returns more than limit entries if rows
// of groups are among them.
func (s Service) indexEntries(
	ctx context.Context, user string, groups []Row, order IndexOrder, from, to int64, limit int,
) (entries []IndexEntry, downTo int64, more bool, err error) {
	found, more, err := s.index.IndexEntries(ctx, s.app, user, order, from, to, limit)
	if err != nil {
		return nil, 0, false, err
	}
	if more && len(found) > 0 {
		from = slices.MinFunc(found, func(a, b IndexEntry) int { return cmp.Compare(a.AtMs, b.AtMs) }).AtMs
	}
	list := slices.DeleteFunc(found, func(e IndexEntry) bool { return e.Chat.Kind() == chat.Group })
	for _, r := range groups {
		at := r.TimeMs
		if order == ByChange {
			at = max(r.ReadMs, r.ChangedMs)
		}
		if at >= from && at <= to {
			list = append(list, IndexEntry{Chat: r.Chat, AtMs: at})
		}
	}
	slices.SortFunc(list, func(a, b IndexEntry) int { return a.position().compare(b.position()) })
	return list, from, more, nil
}

// rowsOfEntries reads the rows of entries. Those of groups were read before.
func (s Service) rowsOfEntries(ctx context.Context, user string, entries []IndexEntry, scan indexScan) ([]Row, error) {
	var ids []chat.ID
	for _, e := range entries {
		if e.Chat.Kind() != chat.Group {
			ids = append(ids, e.Chat)
		}
	}
	var read []Row
	if len(ids) > 0 {
		var err error
		if read, err = s.rows.RowsOf(ctx, s.app, user, ids, scan.strong); err != nil {
			return nil, err
		}
	}
	rows := make([]Row, len(entries))
	for i, e := range entries {
		if e.Chat.Kind() != chat.Group {
			rows[i], read = read[0], read[1:]
		} else if at := slices.IndexFunc(scan.groups, func(r Row) bool { return r.Chat == e.Chat }); at >= 0 {
			rows[i] = scan.groups[at]
		}
	}
	return rows, nil
}

// newestRows returns up to limit rows that wanted accepts, in the order of their last
// messages, newest first. It returns whether there are more such rows. It looks at the
// maxIndexedRows newest rows only, also if the user is not indexed.
func (s Service) newestRows(ctx context.Context, user string, limit int, wanted func(Row) bool) (rows []Row, more bool, err error) {
	read, err := s.readRows(ctx, user, nil, false)
	if err != nil {
		return nil, false, err
	}
	now := s.clock.Now()
	add := func(r Row) bool {
		if r.Chat.IsZero() || !r.unexpired(now) || !wanted(r) {
			return true
		}
		if more = len(rows) == limit; !more {
			rows = append(rows, r)
		}
		return !more
	}
	if read.indexed {
		left := maxIndexedRows
		scan := indexScan{order: ByMessage, page: limit + 1, left: &left, groups: read.groups}
		_, err := s.scanIndex(ctx, user, scan, func(_ IndexEntry, r Row) bool { return add(r) })
		return rows, more, err
	}
	sortRows(read.rows, Row.positionByMessage)
	for _, r := range read.rows[:min(len(read.rows), maxIndexedRows)] {
		if !add(r) {
			break
		}
	}
	return rows, more, nil
}

// rowsWithData returns all rows with Data, in the order of conversations, and whether they are
// from the index. Rows from the index have only User, Chat and Data. If they are not from
// the index, rows without Data are among them.
func (s Service) rowsWithData(ctx context.Context, user string, strong bool) (rows []Row, indexed bool, err error) {
	read, err := s.readRows(ctx, user, nil, strong)
	if err != nil || !read.indexed {
		return read.rows, false, err
	}
	rows, err = s.rowsWithDataOf(ctx, user, read.groups)
	return rows, true, err
}

// rowsWithDataOf returns the rows with Data of an indexed user, in the order of conversations:
// those of the index, and those of groups.
func (s Service) rowsWithDataOf(ctx context.Context, user string, groups []Row) ([]Row, error) {
	rows, err := s.index.RowsWithData(ctx, s.app, user)
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Chat.Kind() == chat.Group })
	for _, r := range groups {
		if r.Data != (Data{}) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return chat.Compare(a.Chat, b.Chat) })
	return rows, err
}

// pinnedFromIndex returns the pinned rows, as the index has them.
func (s Service) pinnedFromIndex(ctx context.Context, user string, groups []Row) ([]Row, error) {
	rows, err := s.rowsWithDataOf(ctx, user, groups)
	return slices.DeleteFunc(rows, func(r Row) bool { return r.PinnedMs == 0 }), err
}
