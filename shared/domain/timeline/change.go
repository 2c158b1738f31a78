package timeline

import (
	"context"
	"slices"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// Every change of a stored message is made in this order: first the operation log and
// the conversation rows say that the message changes, then the message is changed, and
// then the event is delivered to devices. If a call dies in between, the log has an
// entry without a change, which costs a device one read. There is never a change that
// devices do not learn of (docs/data-model.md §9, docs/adr/0015). Example: a recall
// dies before the message changes. Bob's device reads the log, gets the message as it
// was, and shows it as before; a repeat of the recall does the rest.

// An Actor is who changes a message.
type Actor struct {
	// Trusted: the application, for which mute, ban, blocklist, friendship and the
	// time limit of a recall do not apply.
	Trusted bool
	Issued  time.Time // when the user's signature was made
	Origin  delivery.Origin
}

// A RowUpdate is what is written to a conversation row, or to the head of a group, if messages
// change.
type RowUpdate struct {
	NowMs int64
	// Last, if not nil, replaces what the list shows of a message, if that is still
	// the last message of the list.
	Last *LastShown
	// NoLongerUnread are messages to the user that no longer count as unread.
	NoLongerUnread []Message
	// SkipRead: the write is tried without reading the row first. If its condition
	// fails, DynamoDB returns the row with the failure, and that is used instead.
	SkipRead bool
	// Hide are the numbers of messages of a group that the user, who is a member, no longer sees.
	// Forget are numbers of Bounds.Hidden whose messages nobody sees any more.
	Hide, Forget []int64
}

// LastShown is what a list shows in place of the message Of.
type LastShown struct {
	Of      Key
	None    bool    // the list has no message left to show
	Key     *Key    // another message; nil: still the message Of
	Preview *string // nil: the message has no content any more
}

// Events of changes. From is the sender of the message.
type (
	// Recalled says that the content of a message was removed.
	Recalled struct {
		Chat   chat.ID
		From   string
		Key    Key
		By     string // who recalled it; empty: the application
		TimeMs int64
	}
	// Edited says that a message has new content.
	Edited struct{ Message }
	// Hidden says that a user has deleted messages from the own view; the others keep them.
	Hidden struct {
		User   string
		Chat   chat.ID
		Keys   []Key
		TimeMs int64
	}
	// Reacted says that a user added a reaction or removed it.
	Reacted struct {
		User     string
		Chat     chat.ID
		From     string
		Key      Key
		Reaction string
		Added    bool
		TimeMs   int64
	}
	// ReadReceipt says that the receiver has read messages that asked for a read receipt.
	ReadReceipt struct {
		Reader string
		Chat   chat.ID
		Keys   []Key
		TimeMs int64
	}
)

// Recall removes the content of a message for everybody; the message itself stays
// in the history. Users can recall the messages that they sent, within the time limit
// of the application. The message no longer counts as unread for its receivers. In a group an
// empty from is the application, which recalls the messages of all members.
func (s Service) Recall(ctx context.Context, by Actor, from string, id chat.ID, key Key) error {
	born, err := s.bornForActor(ctx, by, from, id)
	if err != nil {
		return err
	}
	m, err := s.findSent(ctx, id.Peer(from), id, from, born, key)
	switch {
	case fault.Is(err, fault.AlreadyRecalled) && m.RecalledMs > s.clock.Now().Add(-IdempotencyWindow).UnixMilli():
		return nil // a repeat: the first call has delivered the event
	case err != nil:
		return err
	case !by.Trusted && s.clock.Now().Sub(time.Unix(m.Time, 0)) > s.settings.Recallable:
		return fault.New(fault.RecallTooLate, "a message can be recalled for %s", s.settings.Recallable)
	}
	now := s.clock.Now().UnixMilli()
	contentRemoved := &LastShown{Of: m.Key}
	receiver := RowUpdate{NowMs: now, Last: contentRemoved}
	if !m.ExcludedFromUnread && !m.Hidden {
		receiver.NoLongerUnread = []Message{*m}
	}
	m.HiddenFromPeer = m.Hidden // m was read as the receiver sees it; from here on it is the sender's view
	if err := s.RecordChange(ctx, *m, now, RowUpdate{NowMs: now, Last: contentRemoved}, receiver); err != nil {
		return err
	}
	done, err := s.changeStore.Recall(ctx, s.app, *m, now)
	if err != nil {
		return err
	}
	if !done {
		return nil // another call at the same time did it, and delivers the event
	}
	event := Recalled{Chat: id, From: m.From, Key: m.Key, TimeMs: now}
	if !by.Trusted {
		event.By = from
	}
	s.deliver(ctx, *m, by.Origin, event)
	return nil
}

// An EditRequest is the new content of a message. A nil field keeps the stored value.
type EditRequest struct {
	Elements []content.Element
	Custom   *string
	Form     content.Form // of the dialect by which the content came; nil: the stored form
}

// Edit replaces the content of a message for everybody. Users can edit the
// messages that they sent, as long as they may write to the conversation. In a group an empty
// from is the application, which edits the messages of all members. It returns the
// time of the edit in ms, which is later than that of all earlier edits; 0 if nothing
// was changed. Example: two edits run on hosts whose clocks differ by 5 ms. The later
// edit still has the later time, so a device that receives it first does not replace
// it by the earlier one.
func (s Service) Edit(ctx context.Context, by Actor, from string, id chat.ID, key Key, e EditRequest) (int64, error) {
	born, blockedSilently, err := s.check.Admit(ctx, by, from, id)
	if err != nil {
		return 0, err
	}
	if by.Trusted {
		born = 0
	}
	m, err := s.findSent(ctx, from, id, from, born, key)
	if err != nil {
		return 0, err
	}
	if blockedSilently && !m.HiddenFromPeer {
		return 0, nil // the blocking receiver has the message and must not see anything new
	}
	before := m.Content
	if e.Elements != nil {
		m.Elements = e.Elements
	}
	if e.Custom != nil {
		m.Custom = *e.Custom
	}
	if err := m.CheckMediaSizes(s.settings.Files); err != nil {
		return 0, err
	}
	if err := m.Content.Check(e.Form, 0); err != nil {
		return 0, err
	}
	if m.Version > 0 && m.Equal(before) {
		return m.EditedMs, nil // a repeat: the first call has delivered the event
	}
	now := s.clock.Now().UnixMilli()
	update := RowUpdate{NowMs: now, Last: lastShown(*m)}
	if err := s.RecordChange(ctx, *m, now, update, update); err != nil {
		return 0, err
	}
	m.EditedMs = max(now, m.EditedMs+1) // later than the last edit, also if this host's clock is behind
	other, err := s.changeStore.Edit(ctx, s.app, *m, m.EditedMs)
	if err != nil {
		return 0, err
	}
	if other != nil && other.Version == m.Version+1 && other.EditedMs == m.EditedMs && other.Equal(m.Content) {
		other = nil // the AWS SDK wrote it, lost the answer and tried again: it is this edit
	}
	if other != nil {
		update.Last = lastShown(*other)
		if err := s.RecordChange(ctx, *other, now, update, update); err != nil {
			return 0, err
		}
		return 0, fault.New(fault.EditConflict, "another change of the message came first, read it again")
	}
	s.deliver(ctx, *m, by.Origin, Edited{*m})
	return m.EditedMs, nil
}

// lastShown is what a list shows of a message as it is now.
func lastShown(m Message) *LastShown {
	if m.Recalled {
		return &LastShown{Of: m.Key}
	}
	preview := m.Preview()
	return &LastShown{Of: m.Key, Preview: &preview}
}

// DeleteForUser deletes messages for one user; the others keep them. Keys without a
// message are ignored.
func (s Service) DeleteForUser(ctx context.Context, by Actor, user string, id chat.ID, keys []Key) error {
	if err := CheckKeys(keys); err != nil {
		return err
	}
	list, bounds, err := s.visibleWithBounds(ctx, user, id, keys, true)
	if err != nil {
		return err
	}
	now := s.clock.Now().UnixMilli()
	update, event := RowUpdate{NowMs: now}, Hidden{User: user, Chat: id, TimeMs: now}
	var entries []LogEntry
	for _, m := range list {
		if m == nil {
			continue
		}
		event.Keys = append(event.Keys, m.Key)
		update.Hide = append(update.Hide, m.Offset)
		entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Only: user, Expires: m.Expires})
		if m.From != user && !m.ExcludedFromUnread && !m.Recalled {
			update.NoLongerUnread = append(update.NoLongerUnread, *m)
		}
	}
	if len(event.Keys) == 0 {
		return nil
	}
	if id.Kind() == chat.Group {
		if err := s.hideFromMember(ctx, user, id, bounds, update); err != nil {
			return err
		}
		s.delivery.DeliverAfterCommit(ctx, []string{user}, by.Origin, event)
		return nil
	}
	if update.Last, err = s.lastAfterHiding(ctx, user, id, event.Keys); err != nil {
		return err
	}
	err = s.parallel.Run(ctx,
		func(ctx context.Context) error { return s.changeStore.UpdateRow(ctx, s.app, user, id, update) },
		func(ctx context.Context) error { return s.changeStore.AppendOperations(ctx, s.app, id, entries) },
	)
	if err != nil {
		return err
	}
	hide := make([]func(context.Context) error, len(event.Keys))
	for i, key := range event.Keys {
		hide[i] = func(ctx context.Context) error { return s.changeStore.Hide(ctx, s.app, user, id, key) }
	}
	if err := s.parallel.Run(ctx, hide...); err != nil {
		return err
	}
	s.delivery.DeliverAfterCommit(ctx, []string{user}, by.Origin, event)
	return nil
}

// lastAfterHiding returns what a list shows after these messages are hidden: the
// last one that remains. It returns nil if the last message of the list is not one of
// them.
func (s Service) lastAfterHiding(ctx context.Context, user string, id chat.ID, keys []Key) (*LastShown, error) {
	shown, err := s.store.LastKey(ctx, s.app, user, id)
	if err != nil || shown == nil || !slices.Contains(keys, *shown) {
		return nil, err
	}
	// The read is strong, because the remaining messages may have been hidden a moment
	// ago. Many messages with ExcludedFromLast may come before one that a list shows, so it reads
	// as many pages as needed.
	q := HistoryRange{User: user, Chat: id, Limit: len(keys) + 1, Strong: true}
	for {
		h, err := s.History(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, m := range slices.Backward(h.Messages) {
			if m.ExcludedFromLast || slices.Contains(keys, m.Key) {
				continue
			}
			out := lastShown(m)
			return &LastShown{Of: *shown, Key: &m.Key, Preview: out.Preview}, nil
		}
		if h.Complete {
			return &LastShown{Of: *shown, None: true}, nil
		}
		q.Before, q.Limit = h.Next, MaxPage
	}
}

// RecordChange writes to the log, and to the rows of both users, that a message is
// about to change. m must be read as its sender sees it. The row of a receiver who
// does not see the message is not written. In a group it writes the head of the group, which
// has for all members what the row of a receiver has.
func (s Service) RecordChange(ctx context.Context, m Message, nowMs int64, sender, receiver RowUpdate) error {
	rows := []userRowUpdate{{m.From, sender}}
	switch {
	case m.Chat.Kind() == chat.Group:
		rows = []userRowUpdate{{"", receiver}}
	case !m.HiddenFromPeer:
		rows = append(rows, userRowUpdate{m.To(), receiver})
	}
	return s.writeLogAndRows(ctx, m, LogEntry{AtMs: nowMs, Key: m.Key, Expires: m.Expires}, rows)
}

// A userRowUpdate is a RowUpdate for one user's row.
type userRowUpdate struct {
	user string
	RowUpdate
}

// writeLogAndRows writes a log entry and the rows.
func (s Service) writeLogAndRows(ctx context.Context, m Message, entry LogEntry, rows []userRowUpdate) error {
	run := make([]func(context.Context) error, 0, len(rows)+1)
	for _, r := range rows {
		run = append(run, func(ctx context.Context) error {
			return s.changeStore.UpdateRow(ctx, s.app, r.user, m.Chat, r.RowUpdate)
		})
	}
	return s.parallel.Run(ctx, append(run, func(ctx context.Context) error {
		return s.changeStore.AppendOperations(ctx, s.app, m.Chat, []LogEntry{entry})
	})...)
}

// deliver delivers the event of a change of a message, which is stored. m must be read as its
// sender sees it.
func (s Service) deliver(ctx context.Context, m Message, origin delivery.Origin, event delivery.Event) {
	if m.Chat.Kind() == chat.Group {
		group, _ := m.Chat.Names()
		s.members.DeliverAfterCommit(ctx, group, m.receiversAndSender(), origin, event)
		return
	}
	s.delivery.DeliverAfterCommit(ctx, usersToNotify(m), origin, event)
}

// receiversAndSender returns the members to whom alone a message of a group goes, and its sender;
// nil if it goes to all.
func (m Message) receiversAndSender() []string {
	if len(m.Receivers) == 0 {
		return nil
	}
	return append(slices.Clone(m.Receivers), m.From)
}

// usersToNotify returns the users of a direct conversation to whose devices a change is
// delivered. m must be read as its sender sees it.
func usersToNotify(m Message) []string {
	switch {
	case m.HiddenFromSender:
		return []string{m.To()}
	case m.HiddenFromPeer:
		return []string{m.From}
	}
	return []string{m.From, m.To()}
}
