// Package conversations is one user's side of each conversation: its position
// in a list, what is unread, and what both sides have read.
package conversations

import (
	"cmp"
	"time"

	"parley/shared/domain/messages"
)

// MaxUnread is where the count of a conversation stops (core spec §6.0).
const MaxUnread = 250

// A Row is a user's side of a one-to-one conversation. Ordinals count the
// messages of one direction; a generation is the birth time of such a count.
type Row struct {
	Peer string

	TimeMs  int64 // when the last message shown was sent; 0: none is shown
	LastKey *messages.Key
	Preview string
	// LastGone: the last message has no content any more. OperationMs is when a
	// message was last changed after it was sent.
	LastGone    bool
	OperationMs int64

	Out, OutGeneration int64         // my messages to the peer
	In, InGeneration   int64         // the peer's messages to me
	Read               int64         // I have read the peer's messages up to it
	Skipped            int64         // nothing read: the peer's messages up to it were gone when the row began
	ReadMs             int64         // when I did
	PeerRead           int64         // the peer has read mine up to it
	PeerReadMs         int64         // when the peer did
	Quiet              int64         // of those I have not read, how many do not count
	ChangedMs          int64         // when something changed that the other times do not tell
	Cleared            *messages.Key // my history up to it is hidden
	Expires            int64         // Unix seconds, of the messages; 0: there were none
	DraftMs            int64         // when I wrote the draft; 0: there is none
	Data
}

// Unread is derived from positions, never counted up (docs/data-model.md, I5).
func (r Row) Unread() int64 {
	return min(max(r.In-max(r.Read, r.Skipped)-r.Quiet, 0), MaxUnread)
}

// Shown reports whether the row stands in the user's list. A pinned one does
// also when its messages are gone.
func (r Row) Shown(now time.Time) bool {
	return r.PinnedMs > 0 || (r.TimeMs > 0 && r.live(now))
}

func (r Row) live(now time.Time) bool { return r.Expires == 0 || now.Unix() < r.Expires }

// changed is the time of the latest change that a device has to know of.
func (r Row) changed() int64 { return max(r.TimeMs, r.ReadMs, r.PeerReadMs, r.ChangedMs) }

// at is the row as it is at a time: once its messages have expired, what tells of
// them is gone, as is a draft.
func (r Row) at(now time.Time) Row {
	if now.UnixMilli() >= r.DraftMs+DraftLife.Milliseconds() {
		r.DraftMs = 0
	}
	if r.live(now) {
		return r
	}
	return Row{Peer: r.Peer, ChangedMs: r.changed(), Cleared: r.Cleared, DraftMs: r.DraftMs, Data: r.Data}
}

// A Position is a place in a list that is ordered newest first.
type Position struct {
	Pinned bool  // among those that stand before all others, by the time of the pin
	TimeMs int64 // of the pin, or of the last message
	Peer   string
	// Seen is how many entries of an indexed user's list stand up to it.
	Seen int
	// Part is where a sync of an indexed user is; in PartChanges, TimeMs is of the
	// change.
	Part Part
}

func (p Position) compare(q Position) int {
	if p.Pinned != q.Pinned {
		if p.Pinned {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(q.TimeMs, p.TimeMs), cmp.Compare(p.Peer, q.Peer))
}

// Place is where a row stands in a list: those that are pinned first.
func (r Row) Place() Position {
	if r.PinnedMs > 0 {
		return Position{Pinned: true, TimeMs: r.PinnedMs, Peer: r.Peer}
	}
	return r.moment()
}

// moment is where a row stands by its last message.
func (r Row) moment() Position { return Position{TimeMs: r.TimeMs, Peer: r.Peer} }

// A Cut says which part of a list is asked for.
type Cut struct {
	After *Position // nil: from the start
	Limit int       // rows at most
	// Fits tells of one row after the other whether the page has room for it, the
	// first one always; nil: as many as Limit.
	Fits func(Row) bool
}

// A Page is a part of a list.
type Page struct {
	Rows []Row
	// Places, of a list, are where the rows stand in it.
	Places []Position
	Next   *Position // nil: the list ends here
}
