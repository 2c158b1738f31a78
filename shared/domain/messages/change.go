package messages

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Every change of a stored message takes the same way: first the operation log
// and the rows of the conversation say that the message changes, then it does,
// then devices are told. A call that dies between leaves a notice of a change
// that is not there, which costs a device one look; never a change that no
// device learns of (docs/data-model.md §9).

// An Actor is who changes a message.
type Actor struct {
	// Trusted: the application itself, for which mute, ban, blocklist, friendship
	// and the recall window do not hold.
	Trusted bool
	Issued  time.Time // when the user's signature was made
	Origin  delivery.Origin
}

// ChangeStore keeps what becomes of messages.
type ChangeStore interface {
	// Find reads messages as a user sees them; nil where there is none, or where it
	// has expired at a time in Unix seconds.
	Find(ctx context.Context, app int64, user, peer string, keys []Key, now int64, strong bool) ([]*Message, error)
	// Account reads the account of a user; nil where there is none.
	Account(ctx context.Context, app int64, user string, strong bool) (*accounts.Account, error)
	// Log writes to the operation log of a conversation.
	Log(ctx context.Context, app int64, a, b string, entries []LogEntry) error
	// LogSince reads the log from a time in ms on, oldest first, as a user sees it.
	LogSince(ctx context.Context, app int64, user, peer string, q LogRange) (LogPage, error)
	// Mark tells a user's row that messages change. Where there is no row nothing
	// happens.
	Mark(ctx context.Context, app int64, user, peer string, m Mark) error
	// Recall takes a message's content away. It reports false where another call
	// has done so.
	Recall(ctx context.Context, app int64, m Message, nowMs int64) (bool, error)
	// Edit replaces a message's content if it still has the version of m. Where it
	// has not, it returns the message as it is.
	Edit(ctx context.Context, app int64, m Message, nowMs int64) (*Message, error)
	// Hide takes a message from one user's view.
	Hide(ctx context.Context, app int64, user, peer string, key Key) error
	// React adds a user's reaction to a message, or takes it away. It reports
	// false where the message is recalled or full in the meantime.
	React(ctx context.Context, app int64, user, peer string, key Key, reaction string, add bool) (bool, error)
	// Confirm notes that the receiver has read a message.
	Confirm(ctx context.Context, app int64, m Message, nowMs int64) error
	// LastKey returns the message that a user's list shows as the last one.
	LastKey(ctx context.Context, app int64, user, peer string) (*Key, error)
}

// A Mark is what a row is told of changed messages.
type Mark struct {
	NowMs int64
	// Last, where set, replaces what the list shows of a message, if it is the
	// last one.
	Last *Last
	// Uncounted are messages to the user that are not to be read any more.
	Uncounted []Message
	// Blind: the row is written without a look at it before; what a failed write
	// tells of it serves.
	Blind bool
}

// Last is what a list shows instead of a message.
type Last struct {
	Of      Key
	None    bool    // there is no message left to show
	Key     *Key    // another message; nil: the same
	Preview *string // nil: its content is gone
}

// Events of changes. Peer is the other user of the conversation from the side of
// those who are told.
type (
	// Recalled says that a message has no content any more.
	Recalled struct {
		From, To string
		Key      Key
		By       string // who recalled it; empty: the application
		TimeMs   int64
	}
	// Edited says that a message has other content.
	Edited struct{ Message }
	// Hidden says that a user has deleted messages for himself.
	Hidden struct {
		User, Peer string
		Keys       []Key
		TimeMs     int64
	}
	// Reacted says that a user added a reaction or took it away.
	Reacted struct {
		User, Peer string
		From, To   string // of the message
		Key        Key
		Reaction   string
		Added      bool
		TimeMs     int64
	}
	// Confirmed says that the receiver has read messages that asked for a receipt.
	Confirmed struct {
		Reader, Sender string
		Keys           []Key
		TimeMs         int64
	}
)

// Recall takes a message from both users: its content goes, its place stays. A
// user recalls what he sent in the last two minutes. The receiver's unread count
// no longer has it.
func (s Service) Recall(ctx context.Context, by Actor, from, to string, key Key) error {
	born, err := s.born(ctx, by, from)
	if err != nil {
		return err
	}
	m, err := s.sent(ctx, to, from, from, born, key)
	switch {
	case fault.Is(err, fault.AlreadyRecalled) && m.RecalledMs > s.Now().Add(-Window).UnixMilli():
		return nil // a repeat, whose first call has told the devices
	case err != nil:
		return err
	case !by.Trusted && s.Now().Sub(time.Unix(key.Time, 0)) > s.Recallable:
		return fault.New(fault.RecallTooLate, "a message can be recalled for %s", s.Recallable)
	}
	now := s.Now().UnixMilli()
	gone := &Last{Of: key}
	receiver := Mark{NowMs: now, Last: gone}
	if !m.NoUnread && !m.Hidden {
		receiver.Uncounted = []Message{*m}
	}
	m.PeerHid = m.Hidden // it was read as the receiver sees it
	if err := s.announce(ctx, *m, now, Mark{NowMs: now, Last: gone}, receiver); err != nil {
		return err
	}
	done, err := s.Store.Recall(ctx, s.App, *m, now)
	if err != nil {
		return err
	}
	if !done {
		return nil // by a twin of this call, which tells the devices
	}
	event := Recalled{From: from, To: to, Key: key, TimeMs: now}
	if !by.Trusted {
		event.By = from
	}
	s.Out.Tell(ctx, parties(*m), by.Origin, event)
	return nil
}

// An Edition is new content of a message; what is nil stays.
type Edition struct {
	Elements []Element
	Custom   *string
}

// Edit replaces the content of a message for both users. A user edits what he
// sent, and only while he may write to the receiver. It returns the time of the
// edit in ms, 0 where nothing was changed: later edits are known by it.
func (s Service) Edit(ctx context.Context, by Actor, from, to string, key Key, e Edition) (int64, error) {
	p, silenced, err := s.admit(ctx, Draft{From: from, To: to, Trusted: by.Trusted, Issued: by.Issued})
	if err != nil {
		return 0, err
	}
	born := p.From.Reborn
	if by.Trusted {
		born = 0
	}
	m, err := s.sent(ctx, from, to, from, born, key)
	if err != nil {
		return 0, err
	}
	if silenced && !m.PeerHid {
		return 0, nil // the receiver has it, and is told nothing new
	}
	before := m.Content
	if e.Elements != nil {
		m.Elements = e.Elements
	}
	if e.Custom != nil {
		m.Custom = *e.Custom
	}
	if err := s.checkSizes(m.Content); err != nil {
		return 0, err
	}
	if err := m.Content.Check(); err != nil {
		return 0, err
	}
	if m.Version > 0 && m.same(before) {
		return m.EditedMs, nil // a repeat, whose first call has told the devices
	}
	now := s.Now().UnixMilli()
	mark := Mark{NowMs: now, Last: last(*m)}
	if err := s.announce(ctx, *m, now, mark, mark); err != nil {
		return 0, err
	}
	m.EditedMs = max(now, m.EditedMs+1) // a later edit has a later time, whatever the clock of this host says
	other, err := s.Store.Edit(ctx, s.App, *m, m.EditedMs)
	if err != nil {
		return 0, err
	}
	if other != nil && other.Version == m.Version+1 && other.EditedMs == m.EditedMs && other.same(m.Content) {
		other = nil // this very call, whose answer the store repeated for
	}
	if other != nil {
		mark.Last = last(*other)
		if err := s.announce(ctx, *other, now, mark, mark); err != nil {
			return 0, err
		}
		return 0, fault.New(fault.EditConflict, "another change of the message came first, read it again")
	}
	s.Out.Tell(ctx, parties(*m), by.Origin, Edited{*m})
	return m.EditedMs, nil
}

// last is what a list shows of a message as it is.
func last(m Message) *Last {
	if m.Recalled {
		return &Last{Of: m.Key}
	}
	preview := m.Preview()
	return &Last{Of: m.Key, Preview: &preview}
}

// Hide deletes messages for one user; the other keeps them. Messages that are
// not there are passed over.
func (s Service) Hide(ctx context.Context, by Actor, user, peer string, keys []Key) error {
	if err := CheckKeys(keys); err != nil {
		return err
	}
	list, err := s.visible(ctx, user, peer, keys, true)
	if err != nil {
		return err
	}
	now := s.Now().UnixMilli()
	mark, event := Mark{NowMs: now}, Hidden{User: user, Peer: peer, TimeMs: now}
	var entries []LogEntry
	for _, m := range list {
		if m == nil {
			continue
		}
		event.Keys = append(event.Keys, m.Key)
		entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Only: user, Expires: m.Expires})
		if m.From == peer && !m.NoUnread && !m.Recalled {
			mark.Uncounted = append(mark.Uncounted, *m)
		}
	}
	if len(event.Keys) == 0 {
		return nil
	}
	if mark.Last, err = s.beforeLast(ctx, user, peer, event.Keys); err != nil {
		return err
	}
	err = s.Parallel(ctx,
		func(ctx context.Context) error { return s.Store.Mark(ctx, s.App, user, peer, mark) },
		func(ctx context.Context) error { return s.Store.Log(ctx, s.App, user, peer, entries) },
	)
	if err != nil {
		return err
	}
	hide := make([]func(context.Context) error, len(event.Keys))
	for i, key := range event.Keys {
		hide[i] = func(ctx context.Context) error { return s.Store.Hide(ctx, s.App, user, peer, key) }
	}
	if err := s.Parallel(ctx, hide...); err != nil {
		return err
	}
	s.Out.Tell(ctx, []string{user}, by.Origin, event)
	return nil
}

// beforeLast says what a list shows when the last message is among those that
// go: the one before.
func (s Service) beforeLast(ctx context.Context, user, peer string, keys []Key) (*Last, error) {
	shown, err := s.Store.LastKey(ctx, s.App, user, peer)
	if err != nil || shown == nil || !slices.Contains(keys, *shown) {
		return nil, err
	}
	// The one before may have gone just now, and messages that no list shows may
	// stand behind it, however many.
	q := Range{User: user, Peer: peer, Limit: len(keys) + 1, Strong: true}
	for {
		h, err := s.History(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, m := range slices.Backward(h.Messages) {
			if m.NoLast || slices.Contains(keys, m.Key) {
				continue
			}
			out := last(m)
			return &Last{Of: *shown, Key: &m.Key, Preview: out.Preview}, nil
		}
		if h.Complete {
			return &Last{Of: *shown, None: true}, nil
		}
		q.Before, q.Limit = h.Next, MaxPage
	}
}

// announce notes in the log and on the rows of both users that a message
// changes. The message is as its sender sees it; the row of a receiver who does
// not see it is left alone.
func (s Service) announce(ctx context.Context, m Message, nowMs int64, sender, receiver Mark) error {
	rows := []rowMark{{m.From, m.To, sender}}
	if !m.PeerHid {
		rows = append(rows, rowMark{m.To, m.From, receiver})
	}
	return s.announceAs(ctx, m, LogEntry{AtMs: nowMs, Key: m.Key, Expires: m.Expires}, rows)
}

// A rowMark is what a user's row of a conversation is marked with.
type rowMark struct {
	user, peer string
	Mark
}

// announceAs is announce with an entry and rows.
func (s Service) announceAs(ctx context.Context, m Message, entry LogEntry, rows []rowMark) error {
	run := make([]func(context.Context) error, 0, len(rows)+1)
	for _, r := range rows {
		run = append(run, func(ctx context.Context) error { return s.Store.Mark(ctx, s.App, r.user, r.peer, r.Mark) })
	}
	return s.Parallel(ctx, append(run, func(ctx context.Context) error {
		return s.Store.Log(ctx, s.App, m.From, m.To, []LogEntry{entry})
	})...)
}

// parties are the users whose devices are told of a change, of a message as its
// sender sees it.
func parties(m Message) []string {
	switch {
	case m.Aside:
		return []string{m.To}
	case m.PeerHid:
		return []string{m.From}
	}
	return []string{m.From, m.To}
}
