package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
	"parley/shared/unitofwork"
)

// ConversationDeleted tells the user's other devices that the list no longer shows a conversation.
type ConversationDeleted struct {
	Row     Row
	History bool // the messages are hidden, too
}

// DeleteConversation takes a conversation out of the user's list until the next message, and moves
// the read cursor to the last message. It removes the pin and the draft. Labels, folders
// and the receive option stay, because they do not depend on the list
// (docs/spec/tencent §9.3). If history is true, all messages so far are hidden from the
// user. The peer is not notified and still sees everything. Delete succeeds if the list
// does not show the conversation.
func (s Service) DeleteConversation(ctx context.Context, user string, id chat.ID, history bool, origin delivery.Origin) error {
	row, changed, err := s.hide(ctx, user, id, true, history)
	if err != nil || !changed {
		return err
	}
	s.delivery.DeliverAfterCommit(ctx, []string{user}, origin, ConversationDeleted{Row: row.asOf(s.clock.Now()), History: history})
	return nil
}

// ClearHistory hides all messages of a conversation so far from the user. The list still shows
// the conversation.
func (s Service) ClearHistory(ctx context.Context, user string, id chat.ID, origin delivery.Origin) error {
	row, changed, err := s.hide(ctx, user, id, false, true)
	if err != nil || !changed {
		return err
	}
	s.deliverRows(ctx, user, origin, []Row{row})
	return nil
}

// hide hides a row from the list (fromList), the messages so far (history), or both. It
// returns the row after the write, and whether it has written.
func (s Service) hide(ctx context.Context, user string, id chat.ID, fromList, history bool) (row Row, changed bool, err error) {
	if err := checkPeers(user, []chat.ID{id})[0]; err != nil {
		return row, false, err
	}
	p, err := unitofwork.New(
		func(ctx context.Context, _ bool) (hideRead, error) { return s.readToHide(ctx, user, id, history) },
		func(read hideRead) (rowsPlan, error) { return planHide(read, fromList), nil },
		func(ctx context.Context, p rowsPlan) (bool, error) { return s.commit(ctx, user, p) },
	).Run(ctx, s.clock, busy())
	if err != nil || p.Empty() {
		return row, false, err
	}
	return p.changed[0], true, nil
}

// A hideRead is what hide reads, all of it strongly.
type hideRead struct {
	begun Transaction   // of one row
	last  *timeline.Key // the last message, if the history is to be hidden
}

func (s Service) readToHide(ctx context.Context, user string, id chat.ID, history bool) (read hideRead, err error) {
	if read.begun, err = s.beginTransaction(ctx, user, []chat.ID{id}, false, true); err != nil {
		return read, err
	}
	seen := read.begun.Rows[0].SeenRow
	switch {
	case seen.missing() && id.Kind() == chat.Group:
		err = notMember()
	case seen.missing():
		err = s.RequireAccount(ctx, user)
	case seen.Member != nil:
		if history && seen.InOffset > 0 {
			read.last = new(timeline.KeyOfNumber(seen.InOffset))
		}
	case history:
		read.last, err = s.rows.LastCounted(ctx, s.app, user, seen)
	}
	return read, err
}

// planHide plans to hide one row from the list, or without fromList only its last message. A
// row that does not exist is hidden.
func planHide(read hideRead, fromList bool) rowsPlan {
	p := rowsPlan{Transaction: read.begun}
	m := &p.Rows[0]
	if m.HiddenUpTo = read.last; m.SeenRow.HiddenUpTo != nil && read.last != nil && !m.SeenRow.HiddenUpTo.Before(*read.last) {
		m.HiddenUpTo = nil // these messages are hidden already
	}
	if fromList {
		m.Hide = m.SeenRow.TimeMs > 0 || m.SeenRow.hasUnread()
		m.Data.PinnedMs = 0
		if m.SeenRow.DraftMs > 0 {
			m.Draft = new(string)
		}
	} else {
		m.ClearLast = m.SeenRow.LastKey != nil || m.SeenRow.hasUnread()
	}
	if m.SeenRow.missing() || m.changesNothing() {
		p.Rows = nil
		return p
	}
	p.changed = []Row{m.rowAfter(p.NowMs)}
	return p
}
