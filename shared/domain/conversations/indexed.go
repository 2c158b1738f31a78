package conversations

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// An account with more rows than largeRows is indexed: a worker puts its rows
// into an index of the table, and from then on a call reads those that it shows
// and no others (docs/adr/0026). The rows of all other accounts are read at once.
const (
	largeRows = 500
	// firstRows are read before it is asked whether there is an index: a user with
	// fewer pays nothing for it.
	firstRows = 101
	// mostRows are read at once where there are so many and no index yet.
	mostRows = 10_000
	// rowsAtOnce are read of an indexed user at once.
	rowsAtOnce = 100
	// atMost is how many rows of an indexed account one call looks at.
	atMost = 500
	// indexLag is how much further a sync of an indexed account reaches back: an
	// index follows the table a moment later, usually less than a second.
	indexLag = 40 * time.Second
)

// An Order is one in which the index has rows.
type Order int

// The orders.
const (
	ByMessage Order = iota // those with a last message, by its time
	ByChange               // by the time of the last change other than a message
)

// An Entry is a row's place in the index, as it was a moment ago.
type Entry struct {
	Peer string
	AtMs int64
}

func (e Entry) position() Position { return Position{TimeMs: e.AtMs, Peer: e.Peer} }

// IndexStore keeps the index.
type IndexStore interface {
	// Entries reads the index between two times, both included, newest first: so
	// many, and all that have the time of the last one. It tells whether more follow.
	Entries(ctx context.Context, app int64, user string, order Order, from, to int64, limit int) (list []Entry, more bool, err error)
	// Kept reads from the index what the user has put on rows: their Peer and Data,
	// in no certain order.
	Kept(ctx context.Context, app int64, user string) ([]Row, error)
	// BeginIndexing marks the account, so that rows which are made from now on are
	// indexed by who makes them. It returns false where the account is gone or
	// indexed, or where a worker was at it after a time.
	BeginIndexing(ctx context.Context, app int64, user string, nowMs, idleMs int64) (bool, error)
	// IndexRows indexes a page of rows in order of peers, after one, and returns
	// the last one of them where more follow.
	IndexRows(ctx context.Context, app int64, user, after string, limit int) (last string, more bool, err error)
	// KeepIndexing says that a worker is still at it or, where done, that all rows
	// are in the index.
	KeepIndexing(ctx context.Context, app int64, user string, nowMs int64, done bool) error
}

// view is what of a user's rows can be read at once.
type view struct {
	rows    []Row // all of them, unless indexed
	shelf   Shelf // where there are more than firstRows
	indexed bool
	// partial: there are too many to be read at once, and the index does not have
	// all of them yet.
	partial bool
}

// look reads all rows of a user, or finds that they are indexed. A shelf that the
// caller has read may say so.
func (s Service) look(ctx context.Context, user string, shelf *Shelf, strong bool) (v view, err error) {
	limit := mostRows
	if shelf == nil {
		limit = firstRows
	} else if v.shelf = *shelf; v.shelf.Indexed {
		return view{shelf: v.shelf, indexed: true}, nil
	}
	rows, more, err := s.Store.Rows(ctx, s.App, user, "", limit, strong)
	if v.rows = rows; err != nil || !more {
		return v, err
	}
	if shelf == nil {
		if v.shelf, err = s.Store.Shelf(ctx, s.App, user, false); err != nil {
			return v, err
		}
		if v.shelf.Indexed {
			return view{shelf: v.shelf, indexed: true}, nil
		}
		var rest []Row
		var last string
		if len(v.rows) > 0 {
			last = v.rows[len(v.rows)-1].Peer
		}
		if rest, more, err = s.Store.Rows(ctx, s.App, user, last, mostRows-len(v.rows), strong); err != nil {
			return v, err
		}
		v.rows = append(v.rows, rest...)
	}
	if more {
		return view{shelf: v.shelf, indexed: true, partial: true}, nil
	}
	return v, nil
}

// each goes through an indexed user's rows, newest first: from after a position on
// and down to a time, as long as f wants more and left is not used up. It tells
// whether it came to the end. A row may have changed since the index knew of it,
// and is as it is now; one that is gone has no Peer.
func (s Service) each(ctx context.Context, user string, w walk, f func(Entry, Row) bool) (end bool, err error) {
	to, page := int64(math.MaxInt64), w.page
	if w.after != nil {
		to, page = w.after.TimeMs, w.page+1 // the entry at the position is left out
	}
	for {
		entries, more, err := s.Store.Entries(ctx, s.App, user, w.order, max(w.from, 1), to, page)
		if err != nil {
			return false, err
		}
		slices.SortFunc(entries, func(a, b Entry) int { return a.position().compare(b.position()) })
		if n := len(entries); n > 0 {
			to = entries[n-1].AtMs - 1
		}
		if w.after != nil {
			entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.position().compare(*w.after) <= 0 })
		}
		for part := range slices.Chunk(entries, w.page) {
			part = part[:min(len(part), *w.left)]
			rows, err := s.Store.PeerRows(ctx, s.App, user, peersOf(part), w.strong)
			if err != nil {
				return false, err
			}
			for i, e := range part {
				if !f(e, rows[i]) {
					return false, nil
				}
			}
			if *w.left -= len(part); *w.left <= 0 {
				return false, nil
			}
		}
		if !more {
			return true, nil
		}
	}
}

// walk is how each goes.
type walk struct {
	order  Order
	from   int64     // down to this time, ms
	after  *Position // in order of the index
	page   int       // rows read at once
	left   *int      // rows that may be looked at
	strong bool
}

func peersOf(entries []Entry) []string {
	peers := make([]string, len(entries))
	for i, e := range entries {
		peers[i] = e.Peer
	}
	return peers
}

// listIndexed is List for an indexed user.
func (s Service) listIndexed(ctx context.Context, user string, f Filter, c Cut) (Page, error) {
	l, after := listing{now: s.Now(), filter: f, cut: c, most: s.Limit}, c.After
	if after == nil || after.Pinned {
		if err := s.pinned(ctx, user, &l); err != nil {
			return Page{}, err
		}
	} else {
		l.seen = after.Seen
	}
	left, page := atMost, rowsAtOnce
	if f == (Filter{}) {
		page = c.Limit + 1
	}
	w := walk{order: ByMessage, page: page, left: &left}
	if after != nil && !after.Pinned {
		w.after = after
	}
	if l.full() {
		return l.page(), nil
	}
	last := w.after
	end, err := s.each(ctx, user, w, func(e Entry, r Row) bool {
		at := e.position()
		last = &at
		// What moved up meanwhile is on none of the later pages.
		moved := w.after != nil && r.moment().compare(*w.after) <= 0
		if r.TimeMs > 0 && r.Shown(l.now) && r.PinnedMs == 0 && !moved {
			l.add(r, at)
		}
		at.Seen = l.seen
		return !l.full()
	})
	if err != nil {
		return Page{}, err
	}
	if !end && !l.full() { // enough is looked at for one call
		l.Next = last
		return l.Page, nil
	}
	return l.page(), nil
}

// pinned adds the user's pinned conversations.
func (s Service) pinned(ctx context.Context, user string, l *listing) error {
	rows, err := s.pins(ctx, user)
	if err != nil || len(rows) == 0 {
		return err
	}
	peers := make([]string, len(rows))
	for i, r := range rows {
		peers[i] = r.Peer
	}
	if rows, err = s.Store.PeerRows(ctx, s.App, user, peers, false); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.PinnedMs == 0 })
	sortRows(rows, Row.Place)
	for _, r := range rows {
		if at := r.Place(); l.cut.After != nil && at.compare(*l.cut.After) <= 0 {
			l.seen++
		} else {
			l.add(r, at)
		}
	}
	return nil
}

// pins are the rows with a pin, as the index has them.
func (s Service) pins(ctx context.Context, user string) ([]Row, error) {
	rows, err := s.Store.Kept(ctx, s.App, user)
	return slices.DeleteFunc(rows, func(r Row) bool { return r.PinnedMs == 0 }), err
}

// A listing is a page of a list that is being made.
type listing struct {
	Page
	now    time.Time
	filter Filter
	cut    Cut
	most   int  // entries of the list
	seen   int  // entries of the list so far
	over   bool // there is one more than the page has room for
}

func (l *listing) full() bool { return l.over || l.seen > l.most }

// add adds the next entry of the list, which stands at a place.
func (l *listing) add(r Row, at Position) {
	if l.seen++; l.full() || !l.filter.keeps(r.at(l.now)) {
		return
	}
	at.Seen, r = l.seen, r.at(l.now)
	if l.over = len(l.Rows) == l.cut.Limit || (l.cut.Fits != nil && !l.cut.Fits(r)); !l.over {
		l.Rows, l.Places = append(l.Rows, r), append(l.Places, at)
	}
}

func (l *listing) page() Page {
	if l.over {
		l.Next = &l.Places[len(l.Places)-1]
	}
	return l.Page
}

// newest returns those of the user's newest conversations that are wanted, up to a
// number, and whether there are more of them. It looks at as many conversations
// as one call may of an indexed user.
func (s Service) newest(ctx context.Context, user string, most int, wanted func(Row) bool) (rows []Row, more bool, err error) {
	v, err := s.look(ctx, user, nil, false)
	if err != nil {
		return nil, false, err
	}
	now := s.Now()
	take := func(r Row) bool {
		if r.Peer == "" || !r.live(now) || !wanted(r) {
			return true
		}
		if more = len(rows) == most; !more {
			rows = append(rows, r)
		}
		return !more
	}
	if v.indexed {
		left := atMost
		_, err := s.each(ctx, user, walk{order: ByMessage, page: most + 1, left: &left}, func(_ Entry, r Row) bool { return take(r) })
		return rows, more, err
	}
	sortRows(v.rows, Row.moment)
	for _, r := range v.rows[:min(len(v.rows), atMost)] {
		if !take(r) {
			break
		}
	}
	return rows, more, nil
}

// kept reads the rows with data, and perhaps others; of an indexed user their data
// alone.
func (s Service) kept(ctx context.Context, user string, strong bool) (rows []Row, indexed bool, err error) {
	v, err := s.look(ctx, user, nil, strong)
	if err != nil || !v.indexed {
		return v.rows, false, err
	}
	rows, err = s.Store.Kept(ctx, s.App, user)
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Peer, b.Peer) })
	return rows, true, err
}
