package conversations

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/retry"
)

// Store keeps the rows.
type Store interface {
	// Rows reads a user's one-to-one rows in order of peers, after one, and tells
	// whether more follow.
	Rows(ctx context.Context, app int64, user, after string, limit int, strong bool) (rows []Row, more bool, err error)
	// PeerRows reads the rows with some peers; absent ones are zero with no Peer.
	PeerRows(ctx context.Context, app int64, user string, peers []string, strong bool) ([]Row, error)
	// MarkRead moves the read position to an ordinal, or to the last message
	// where upTo is nil; never back and never past the last message. It returns
	// the row as it then is, nil where there is none, and whether it moved.
	MarkRead(ctx context.Context, app int64, user, peer string, upTo *int64, nowMs int64) (*Row, bool, error)
	// MarkPeerRead tells the sender's row up to where the reader has read.
	MarkPeerRead(ctx context.Context, app int64, sender, reader string, generation, ordinal, nowMs int64) error
	// OrdinalAt returns the highest ordinal of the messages from peer to user sent
	// at or before a time in Unix seconds, 0 if there is none.
	OrdinalAt(ctx context.Context, app int64, user, peer string, at int64) (int64, error)
	// Accounts reads accounts of distinct users; absent ones are nil.
	Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
	// Shelf reads a user's folders and what is counted of the rows.
	Shelf(ctx context.Context, app int64, user string, strong bool) (Shelf, error)
	// Change writes all of an edit or nothing. It returns false where something
	// is no longer as the edit has seen it, and fails with KeptLimit and PinLimit.
	Change(ctx context.Context, app int64, user string, e Edit) (bool, error)
	// LastCounted returns the key of the newest message that a row has counted;
	// nil where there is none.
	LastCounted(ctx context.Context, app int64, user string, r Row) (*messages.Key, error)
	// Drafts reads what a user has written to some peers and not sent.
	Drafts(ctx context.Context, app int64, user string, peers []string) ([]string, error)
	// ForgetConversations removes a page of a user's rows, drafts and shelf.
	ForgetConversations(ctx context.Context, app int64, user string) (more bool, err error)
	IndexStore
}

// Service reads and marks the conversations of an application's users.
type Service struct {
	App     int64
	Limit   int  // entries of a list, by edition
	Folders bool // the edition has folders and standard marks
	Store   Store
	Index   IndexQueue
	Out     delivery.Service
	Now     func() time.Time
	Again   retry.Retrier
	// Parallel runs functions together and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// A Filter leaves conversations out of a list.
type Filter struct {
	Folder int // with this number; 0: any
	Mark   int // with this mark; 0: any
	Unread bool
}

func (f Filter) keeps(r Row) bool {
	return (f.Folder == 0 || r.Folders.Has(f.Folder)) && (f.Mark == 0 || r.Marks.Has(f.Mark)) && (!f.Unread || r.Unread() > 0)
}

// List returns a page of a user's conversations: those that are pinned by the time
// of the pin, then the others, newest first each.
func (s Service) List(ctx context.Context, user string, f Filter, c Cut) (Page, error) {
	v, err := s.look(ctx, user, nil, false)
	if err == nil {
		err = s.request(ctx, user, v)
	}
	if err != nil {
		return Page{}, err
	}
	if v.indexed {
		return s.listIndexed(ctx, user, f, c)
	}
	rows := slices.DeleteFunc(s.listed(v.rows), func(r Row) bool { return !f.keeps(r) })
	return page(rows, Row.Place, c), nil
}

// All returns a user's whole list. It fails with AccountUnknown where the user is
// no account.
func (s Service) All(ctx context.Context, user string) ([]Row, error) {
	var rows []Row
	var after *Position
	for {
		p, err := s.List(ctx, user, Filter{}, Cut{After: after, Limit: s.Limit})
		if err != nil {
			return nil, err
		}
		rows = append(rows, p.Rows...)
		if after = p.Next; after == nil {
			break
		}
	}
	if len(rows) == 0 {
		return nil, s.Known(ctx, user)
	}
	return rows, nil
}

// listed puts those of all rows that are shown in the order of the list.
func (s Service) listed(rows []Row) []Row {
	now := s.Now()
	rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.Shown(now) })
	sortRows(rows, Row.Place)
	rows = rows[:min(len(rows), s.Limit)]
	for i, r := range rows {
		rows[i] = r.at(now)
	}
	return rows
}

func sortRows(rows []Row, place func(Row) Position) {
	slices.SortFunc(rows, func(a, b Row) int { return place(a).compare(place(b)) })
}

// page cuts a page out of rows in order.
func page(rows []Row, place func(Row) Position, c Cut) Page {
	if c.After != nil {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return place(r).compare(*c.After) <= 0 })
	}
	n := min(len(rows), c.Limit)
	if c.Fits != nil {
		if i := slices.IndexFunc(rows[:n], func(r Row) bool { return !c.Fits(r) }); i >= 0 {
			n = i
		}
	}
	p := Page{Rows: rows[:n]}
	for _, r := range p.Rows {
		p.Places = append(p.Places, place(r))
	}
	if n < len(rows) {
		p.Next = &p.Places[n-1]
	}
	return p
}

// Unread returns the user's unread messages, of those conversations that Count
// counts.
func (s Service) Unread(ctx context.Context, user string) (int64, error) {
	c, err := s.Count(ctx, user)
	return c.Notified + c.Silent, err
}

// UnreadFrom returns the unread messages from each of some peers.
func (s Service) UnreadFrom(ctx context.Context, user string, peers []string) ([]int64, error) {
	rows, err := s.Store.PeerRows(ctx, s.App, user, peers, false)
	if err != nil {
		return nil, err
	}
	now, counts := s.Now(), make([]int64, len(rows))
	for i, r := range rows {
		if r.live(now) {
			counts[i] = r.Unread()
		}
	}
	return counts, nil
}

// A ReadMark tells devices that a user has read a conversation.
type ReadMark struct {
	Reader, Peer string
	Ordinal      int64
	Unread       int64
	TimeMs       int64
}

// A PeerReadMark is a ReadMark as the other side is told it: without what is
// left unread.
type PeerReadMark ReadMark

// Read marks the peer's messages as read up to an ordinal, or all of them where
// upTo is nil, and tells the peer's devices and the reader's other ones. Reading
// less than what is read already changes nothing.
func (s Service) Read(ctx context.Context, user, peer string, upTo *int64, origin delivery.Origin) (ReadMark, error) {
	now := s.Now().UnixMilli()
	row, moved, err := s.Store.MarkRead(ctx, s.App, user, peer, upTo, now)
	if err != nil {
		return ReadMark{}, err
	}
	mark := ReadMark{Reader: user, Peer: peer, TimeMs: now}
	if row == nil {
		return mark, s.known(ctx, user, peer)
	}
	mark.Ordinal, mark.Unread = row.Read, row.Unread()
	if !moved && row.ReadMs == 0 {
		return mark, nil // nothing is read yet
	}
	if !moved {
		// A repeat: the call before may have died between the two rows.
		return mark, s.Store.MarkPeerRead(ctx, s.App, peer, user, row.InGeneration, row.Read, now)
	}
	if err := s.Store.MarkPeerRead(ctx, s.App, peer, user, row.InGeneration, row.Read, now); err != nil {
		return ReadMark{}, err
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, []string{user, peer})
	if err != nil {
		s.Out.Note(ctx, "sessions", err) // it is read
		return mark, nil
	}
	s.Out.Note(ctx, "read mark", s.Out.SendTo(ctx, list[:1], origin, mark))
	s.Out.Note(ctx, "read mark", s.Out.SendTo(ctx, list[1:], delivery.Origin{}, PeerReadMark(mark)))
	return mark, nil
}

// ReadUntil marks what the peer sent up to a time in Unix seconds as read.
func (s Service) ReadUntil(ctx context.Context, user, peer string, at int64) (ReadMark, error) {
	rows, err := s.Store.PeerRows(ctx, s.App, user, []string{peer}, true)
	if err != nil {
		return ReadMark{}, err
	}
	// A message that no list shows moves the time of the row's last change alone.
	// What comes from now on is not read, so the position is that of the row.
	if r := rows[0]; max(r.TimeMs, r.ChangedMs)/1000 <= at {
		return s.Read(ctx, user, peer, &r.In, delivery.Origin{})
	}
	ordinal, err := s.Store.OrdinalAt(ctx, s.App, user, peer, at)
	if err != nil {
		return ReadMark{}, err
	}
	return s.Read(ctx, user, peer, &ordinal, delivery.Origin{})
}

// known tells a conversation that is empty from one with somebody who does not
// exist.
func (s Service) known(ctx context.Context, user, peer string) error {
	if user == peer {
		return fault.New(fault.Invalid, "a user has no conversation with itself")
	}
	list, err := s.Store.Accounts(ctx, s.App, []string{user, peer})
	switch {
	case err != nil:
		return err
	case !list[0].Alive():
		return fault.New(fault.SenderUnknown, "%s is not an account", user)
	case !list[1].Alive():
		return fault.New(fault.ReceiverUnknown, "%s is not an account", peer)
	}
	return nil
}

// Forget removes a page of the side of a user whose account is gone. The other
// users keep theirs, and the messages.
func (s Service) Forget(ctx context.Context, user string) (more bool, err error) {
	return s.Store.ForgetConversations(ctx, s.App, user)
}
