package conversations

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// skew is how far back a sync reaches. A change has the time at which its call
// began, which may be written as late as the longest timeout of a function that
// writes rows (15 s), by a machine whose clock is behind.
const skew = 20 * time.Second

// Synced is a part of what changed.
type Synced struct {
	Page
	SinceMs int64 // to pass next
	Shelf   Shelf
}

// Sync returns a page of the conversations that changed since a time in ms,
// newest first, and the time to pass next. Those that show no message are among
// them: they may hold some, or were deleted. The read is strong: with the strong
// read of sessions in a send, one of the two always sees the other
// (docs/data-model.md §5).
//
// Which rows of an indexed user changed, the index says, which is a moment behind;
// so the next sync reaches back further. Since 0, those that show no message and
// have no data are left out: a device that knows none need not forget any. While the
// index is not complete and there are too many rows to read at once, the next
// sync asks from the same time again.
func (s Service) Sync(ctx context.Context, user string, since int64, cut Cut) (Synced, error) {
	out := Synced{SinceMs: s.Now().Add(-skew).UnixMilli()}
	shelf, err := s.Store.Shelf(ctx, s.App, user, false)
	if err != nil {
		return out, err
	}
	v, err := s.look(ctx, user, &shelf, true)
	if err == nil {
		err = s.request(ctx, user, v)
	}
	if err != nil {
		return out, err
	}
	out.Shelf = shelf
	switch {
	case v.partial:
		out.SinceMs = max(since, 0)
	case v.indexed:
		out.SinceMs -= indexLag.Milliseconds()
	default:
		out.Page = s.changed(v.rows, since, cut)
		return out, nil
	}
	c := changes{Service: s, user: user, since: since, cut: cut, now: s.Now(), pinned: shelf.Pinned, left: atMost}
	out.Page, err = c.page(ctx, cut.After)
	return out, err
}

// changed is a page of those of all rows that changed.
func (s Service) changed(rows []Row, since int64, cut Cut) Page {
	now, listed := s.Now(), 0
	sortRows(rows, Row.Place)
	rows = slices.DeleteFunc(rows, func(r Row) bool {
		if r.Shown(now) {
			if listed++; listed > s.Limit && r.Data == (Data{}) {
				return true // past the end of the list
			}
		}
		return (!r.live(now) && r.Data == (Data{})) || r.changed() < since
	})
	for i, r := range rows {
		rows[i] = r.at(now)
	}
	sortRows(rows, Row.moment)
	return page(rows, Row.moment, cut)
}

// A Part is one of the three ways in which the rows of an indexed user are found.
type Part int

// The parts, in the order in which a sync goes through them.
const (
	PartMessages Part = iota // by the time of the last message, to the end of the list
	PartKept                 // beyond the end of the list: those with data, by peer
	PartChanges              // what changed since, other than by a message
)

// changes is one call of a sync of an indexed user.
type changes struct {
	Service
	user   string
	since  int64
	cut    Cut
	now    time.Time
	pinned int // conversations with a pin: they stand in the list before others
	left   int // rows that may be looked at

	out  Page
	full bool
	end  *Position // of the list; nil: not known
}

// page goes on from a position.
func (c *changes) page(ctx context.Context, at *Position) (Page, error) {
	if at == nil || (at.Part == PartMessages && at.TimeMs == 0) {
		if at != nil { // a place in all rows, from before there was an index
			at = &Position{Part: PartChanges}
		} else {
			at = &Position{TimeMs: math.MaxInt64}
		}
	}
	for at != nil {
		var err error
		switch at.Part {
		case PartMessages:
			at, err = c.messages(ctx, *at)
		case PartKept:
			at, err = c.kept(ctx, *at)
		default:
			at, err = c.others(ctx, *at)
		}
		if err != nil {
			return Page{}, err
		}
		if at != nil && (c.full || c.left <= 0) {
			break
		}
	}
	c.out.Next = at
	return c.out, nil
}

// keep adds a row, where the page has room for it.
func (c *changes) keep(r Row) bool {
	r = r.at(c.now)
	if c.full = c.cut.Fits != nil && !c.cut.Fits(r); c.full {
		return false
	}
	c.out.Rows = append(c.out.Rows, r)
	c.full = len(c.out.Rows) == c.cut.Limit
	return true
}

// gone reports whether there is nothing to tell of a row.
func (c *changes) gone(r Row) bool { return r.Peer == "" || (!r.live(c.now) && r.Data == (Data{})) }

// messages finds the rows of the list with a message since.
func (c *changes) messages(ctx context.Context, at Position) (*Position, error) {
	cut := false
	end, err := c.each(ctx, c.user, walk{order: ByMessage, from: c.since, after: &at, page: c.cut.Limit, left: &c.left, strong: true}, func(e Entry, r Row) bool {
		seen := at.Seen
		if r.Shown(c.now) && r.PinnedMs == 0 {
			if seen++; seen > max(c.Limit-c.pinned, 0) {
				cut = true
				return false
			}
		}
		if !c.gone(r) && r.TimeMs > 0 && !c.keep(r) {
			return false
		}
		at = e.position()
		at.Seen = seen
		return !c.full
	})
	switch {
	case err != nil:
		return nil, err
	case cut, end && c.since <= 0:
		return &Position{Part: PartKept}, nil
	case end:
		return &Position{Part: PartChanges}, nil
	}
	return &at, nil
}

// kept finds the rows with data that stand beyond the list and have a message
// since; of all times, those without a message too.
func (c *changes) kept(ctx context.Context, at Position) (*Position, error) {
	rows, _, err := c.Service.kept(ctx, c.user, false)
	if err != nil {
		return nil, err
	}
	var peers []string
	for _, r := range rows {
		if r.Peer > at.Peer {
			peers = append(peers, r.Peer)
		}
	}
	for part := range slices.Chunk(peers, c.cut.Limit) {
		if rows, err = c.Store.PeerRows(ctx, c.App, c.user, part, true); err != nil {
			return nil, err
		}
		for i, r := range rows {
			beyond := r.TimeMs == 0
			if !beyond {
				if beyond, err = c.beyond(ctx, r); err != nil {
					return nil, err
				}
			}
			if !c.gone(r) && r.Data != (Data{}) && beyond && (c.since <= 0 || r.TimeMs >= c.since) && !c.keep(r) {
				return &at, nil
			}
			if at.Peer = part[i]; c.full {
				return &at, nil
			}
		}
		if c.left -= len(part); c.left <= 0 {
			return &at, nil
		}
	}
	if c.since <= 0 {
		return nil, nil
	}
	return &Position{Part: PartChanges}, nil
}

// others finds the rows that changed since, other than by a message.
func (c *changes) others(ctx context.Context, at Position) (*Position, error) {
	var failed error
	w := walk{order: ByChange, from: c.since, page: c.cut.Limit, left: &c.left, strong: true}
	if at.Peer != "" {
		w.after = &Position{TimeMs: at.TimeMs, Peer: at.Peer}
	}
	end, err := c.each(ctx, c.user, w, func(e Entry, r Row) bool {
		tell := !c.gone(r) && r.TimeMs < c.since // what has a message since was found by it
		if tell && r.Shown(c.now) && r.Data == (Data{}) {
			var beyond bool
			if beyond, failed = c.beyond(ctx, r); failed != nil {
				return false
			}
			tell = !beyond
		}
		if tell && !c.keep(r) {
			return false
		}
		at = e.position()
		at.Part = PartChanges
		return !c.full
	})
	if err := cmp.Or(err, failed); err != nil {
		return nil, err
	}
	if end {
		return nil, nil
	}
	return &at, nil
}

// beyond reports whether a row stands, by its last message, behind the end of the
// list.
func (c *changes) beyond(ctx context.Context, r Row) (bool, error) {
	if c.end == nil {
		end, err := c.listEnd(ctx)
		if err != nil {
			return false, err
		}
		c.end = &end
	}
	return c.end.compare(r.moment()) < 0, nil
}

// listEnd is the place of the last conversation of the list, as the index has it.
func (c *changes) listEnd(ctx context.Context) (Position, error) {
	pins := map[string]bool{}
	if c.pinned > 0 {
		rows, err := c.pins(ctx, c.user)
		if err != nil {
			return Position{}, err
		}
		for _, r := range rows {
			pins[r.Peer] = true
		}
	}
	room := c.Limit - len(pins)
	if room <= 0 {
		return Position{TimeMs: math.MaxInt64}, nil
	}
	entries, _, err := c.Store.Entries(ctx, c.App, c.user, ByMessage, 1, math.MaxInt64, c.Limit)
	if err != nil {
		return Position{}, err
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.position().compare(b.position()) })
	for _, e := range entries {
		if pins[e.Peer] {
			continue
		}
		if room--; room == 0 {
			return e.position(), nil
		}
	}
	return Position{TimeMs: -1}, nil // the list has room
}
