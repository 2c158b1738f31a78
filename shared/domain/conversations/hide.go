package conversations

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

// MaxDraft bounds a draft in bytes. It stands in an item of its own, so that the
// row stays small, for as long as DraftLife.
const (
	MaxDraft  = 2048
	DraftLife = 30 * 24 * time.Hour
)

// MaxGet is the most conversations that are read with their drafts.
const MaxGet = 20

// Deleted tells a user's other devices that a conversation is gone from the list.
type Deleted struct {
	Row     Row
	History bool // and what it held so far
}

// Delete takes a conversation out of the user's list, read to its end, until the
// next message comes. Its pin and its draft go with it; marks, folders and the
// receive option stay, as they live apart from the list (core spec §9.3). With
// history, what it held so far is hidden from the user. The peer is told nothing.
// What is not in the list is deleted already.
func (s Service) Delete(ctx context.Context, user, peer string, history bool, origin delivery.Origin) error {
	row, changed, err := s.hide(ctx, user, peer, true, history)
	if err != nil || !changed {
		return err
	}
	s.Out.Tell(ctx, []string{user}, origin, Deleted{Row: row.at(s.Now()), History: history})
	return nil
}

// Clear hides the messages of a conversation from the user, up to the last one so
// far, and leaves it in the list.
func (s Service) Clear(ctx context.Context, user, peer string, origin delivery.Origin) error {
	row, changed, err := s.hide(ctx, user, peer, false, true)
	if err != nil || !changed {
		return err
	}
	s.tell(ctx, user, origin, []Row{row})
	return nil
}

func (s Service) hide(ctx context.Context, user, peer string, gone, history bool) (row Row, changed bool, err error) {
	if err := checkPeers(user, []string{peer})[0]; err != nil {
		return row, false, err
	}
	err = s.retry(ctx, func(bool) (bool, error) {
		changed = false
		e, err := s.read(ctx, user, []string{peer}, false, true)
		if err != nil {
			return false, err
		}
		c := &e.Rows[0]
		if c.Seen.absent() {
			err := s.Known(ctx, user)
			return true, err
		}
		if history {
			if c.Cleared, err = s.Store.LastCounted(ctx, s.App, user, c.Seen); err != nil {
				return false, err
			}
			if old := c.Seen.Cleared; old != nil && c.Cleared != nil && !old.Before(*c.Cleared) {
				c.Cleared = nil
			}
		}
		unread := c.Seen.In > max(c.Seen.Read, c.Seen.Skipped)
		if gone {
			c.Hide = c.Seen.TimeMs > 0 || unread
			c.Data.PinnedMs = 0
			if c.Seen.DraftMs > 0 {
				c.Draft = new(string)
			}
		} else {
			c.Empty = c.Seen.LastKey != nil || unread
		}
		if c.idle() {
			return true, nil
		}
		changed, row = true, c.after(e.NowMs)
		return s.Store.Change(ctx, s.App, user, e)
	})
	return row, changed && err == nil, err
}

// Drafted tells a user's other devices of a draft.
type Drafted struct {
	Row  Row
	Text string
}

// SetDraft keeps what the user has written to a peer and not sent, for the user's
// devices; empty removes it. It returns its time.
func (s Service) SetDraft(ctx context.Context, user, peer, text string, origin delivery.Origin) (int64, error) {
	if len(text) > MaxDraft {
		return 0, fault.New(fault.Invalid, "a draft has at most %d bytes", MaxDraft)
	}
	if err := checkPeers(user, []string{peer})[0]; err != nil {
		return 0, err
	}
	var row Row
	changed := false
	err := s.retry(ctx, func(strong bool) (bool, error) {
		e, err := s.read(ctx, user, []string{peer}, false, strong)
		if err != nil {
			return false, err
		}
		unknown, err := s.unknown(ctx, user, &e)
		if err != nil {
			return false, err
		}
		if unknown[peer] {
			return false, fault.New(fault.AccountUnknown, "%s is not an account", peer)
		}
		c := &e.Rows[0]
		if changed = text != "" || c.Seen.DraftMs > 0; !changed {
			return true, nil
		}
		c.Draft = &text
		row = c.after(e.NowMs)
		return s.Store.Change(ctx, s.App, user, e)
	})
	if err != nil || !changed {
		return 0, err
	}
	s.Out.Tell(ctx, []string{user}, origin, Drafted{Row: row.at(s.Now()), Text: text})
	return row.DraftMs, nil
}

// A Conversation is a row with its draft.
type Conversation struct {
	Row
	Draft string
}

// Get returns the conversations with some peers, with their drafts. Those that
// there are not are left out.
func (s Service) Get(ctx context.Context, user string, peers []string) ([]Conversation, error) {
	if len(peers) > MaxGet {
		return nil, fault.New(fault.BatchTooLarge, "at most %d conversations are read at once", MaxGet)
	}
	good := make([]string, 0, len(peers))
	for _, i := range indices(checkPeers(user, peers)) {
		good = append(good, peers[i])
	}
	rows, err := s.Store.PeerRows(ctx, s.App, user, good, false)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var list []Conversation
	var drafted []string
	for _, r := range rows {
		if r.Peer == "" || (!r.live(now) && r.Data == Data{}) {
			continue
		}
		r = r.at(now)
		list = append(list, Conversation{Row: r})
		if r.DraftMs > 0 {
			drafted = append(drafted, r.Peer)
		}
	}
	if len(drafted) == 0 {
		return list, nil
	}
	texts, err := s.Store.Drafts(ctx, s.App, user, drafted)
	for i := range list {
		if at := slices.Index(drafted, list[i].Peer); at >= 0 && err == nil {
			list[i].Draft = texts[at]
		}
	}
	return list, err
}

// A Count is a user's unread messages: of conversations that notify, and of those
// that the user has made silent.
type Count struct{ Notified, Silent int64 }

// MaxUnreadConversations is how many conversations a user's unread messages are
// counted of: the newest that have any (core spec §6.0, §13).
const MaxUnreadConversations = 100

// Count counts the user's unread messages.
func (s Service) Count(ctx context.Context, user string) (Count, error) {
	rows, _, err := s.newest(ctx, user, MaxUnreadConversations, func(r Row) bool { return r.Unread() > 0 })
	if err != nil {
		return Count{}, err
	}
	var c Count
	for _, r := range rows {
		if r.Option == messages.OptionNotify {
			c.Notified += r.Unread()
		} else {
			c.Silent += r.Unread()
		}
	}
	return c, nil
}

// readAtOnce is how many conversations one call of ReadAll marks.
const readAtOnce = 100

// ReadAll marks the messages of the user's conversations as read, the newest
// conversations first, as many as one call can, and tells whether that was all.
// The peers and the user's other devices are told. It may be repeated.
func (s Service) ReadAll(ctx context.Context, user string, origin delivery.Origin) (read int, all bool, err error) {
	now := s.Now()
	rows, more, err := s.newest(ctx, user, readAtOnce, func(r Row) bool { return r.In > max(r.Read, r.Skipped) })
	if err != nil || len(rows) == 0 {
		return 0, err == nil, err
	}
	marked := make([]*Row, len(rows))
	run := make([]func(context.Context) error, len(rows))
	for i, r := range rows {
		run[i] = func(ctx context.Context) error {
			row, moved, err := s.Store.MarkRead(ctx, s.App, user, r.Peer, nil, now.UnixMilli())
			if err != nil || row == nil {
				return err
			}
			if moved {
				marked[i] = row
			}
			return s.Store.MarkPeerRead(ctx, s.App, r.Peer, user, row.InGeneration, row.Read, now.UnixMilli())
		}
	}
	for part := range slices.Chunk(run, 32) {
		if err := s.Parallel(ctx, part...); err != nil {
			return 0, false, err
		}
	}
	users, changed := []string{user}, []Row(nil)
	for _, r := range marked {
		if r != nil {
			users, changed = append(users, r.Peer), append(changed, *r)
		}
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, users)
	if err != nil {
		s.Out.Note(ctx, "sessions", err) // all of it is read
		return len(changed), !more, nil
	}
	for part := range slices.Chunk(changed, rowsAnEvent) {
		s.Out.Note(ctx, "rows", s.Out.SendTo(ctx, list[:1], origin, Changed{Rows: part}))
	}
	for i, r := range changed {
		mark := PeerReadMark{Reader: user, Peer: r.Peer, Ordinal: r.Read, TimeMs: now.UnixMilli()}
		s.Out.Note(ctx, "read mark", s.Out.SendTo(ctx, list[i+1:i+2], delivery.Origin{}, mark))
	}
	return len(changed), !more, nil
}
