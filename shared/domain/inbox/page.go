package inbox

import (
	"cmp"
	"slices"

	"parley/shared/domain/chat"
)

// A Position is a place in a list whose order is newest first.
type Position struct {
	Pinned bool  // the row is pinned: pinned rows come first, in the order of their pins
	TimeMs int64 // when the row was pinned, or when its last message was sent
	Chat   chat.ID
	// RowsUpTo is how many entries of the list there are up to this position, this one
	// included. It is set for indexed users only.
	RowsUpTo int
	// Part says which part of a sync the position is in. It is set for indexed users
	// only. In PartChanges, TimeMs is the time of the last change.
	Part SyncPart
}

func (p Position) compare(q Position) int {
	if p.Pinned != q.Pinned {
		if p.Pinned {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(q.TimeMs, p.TimeMs), chat.Compare(p.Chat, q.Chat))
}

// Position returns the place of a row in the user's list: pinned rows come first.
func (r Row) Position() Position {
	if r.PinnedMs > 0 {
		return Position{Pinned: true, TimeMs: r.PinnedMs, Chat: r.Chat}
	}
	return r.positionByMessage()
}

// positionByMessage is the place of a row in the order of the last messages. It
// ignores pins.
func (r Row) positionByMessage() Position { return Position{TimeMs: r.TimeMs, Chat: r.Chat} }

// A PageRequest says which page of a list the caller wants.
type PageRequest struct {
	After *Position // the page begins after it; nil: at the beginning of the list
	Limit int       // maximum number of rows
	// Fits is called for one row after the other and returns whether the page has room
	// for it. The first row must always fit. If Fits is nil, only Limit bounds the page.
	Fits func(Row) bool
}

// A Page is a part of a list.
type Page struct {
	Rows []Row
	// Positions are the places of the rows in the list. The pages of a sync have none.
	Positions []Position
	Next      *Position // the next page begins after it; nil: this is the last page
}

// sortRows sorts rows by a position.
func sortRows(rows []Row, position func(Row) Position) {
	slices.SortFunc(rows, func(a, b Row) int { return position(a).compare(position(b)) })
}

// pageOf returns a page of rows that are sorted by position, without their Positions.
func pageOf(rows []Row, position func(Row) Position, request PageRequest) Page {
	if request.After != nil {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return position(r).compare(*request.After) <= 0 })
	}
	n := min(len(rows), request.Limit)
	if request.Fits != nil {
		if i := slices.IndexFunc(rows[:n], func(r Row) bool { return !request.Fits(r) }); i >= 0 {
			n = i
		}
	}
	p := Page{Rows: rows[:n]}
	if n < len(rows) {
		last := position(rows[n-1])
		p.Next = &last
	}
	return p
}
