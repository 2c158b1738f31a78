package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// ConversationDeleted tells the user's other devices that the list no longer shows a conversation.
type ConversationDeleted struct {
	Row     Row
	History bool // the messages are hidden, too
}

// Delete takes a conversation out of the user's list until the next message, and moves
// the read cursor to the last message. It removes the pin and the draft. Labels, folders
// and the receive option stay, because they do not depend on the list
// (docs/spec/tencent §9.3). If history is true, all messages so far are hidden from the
// user. The peer is not notified and still sees everything. Delete succeeds if the list
// does not show the conversation.
func (s Service) Delete(ctx context.Context, user string, id chat.ID, history bool, origin delivery.Origin) error {
	row, changed, err := s.hide(ctx, user, id, true, history)
	if err != nil || !changed {
		return err
	}
	s.Delivery.DeliverAfterCommit(ctx, []string{user}, origin, ConversationDeleted{Row: row.asOf(s.Now()), History: history})
	return nil
}

// Clear hides all messages of a conversation so far from the user. The list still shows
// the conversation.
func (s Service) Clear(ctx context.Context, user string, id chat.ID, origin delivery.Origin) error {
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
	err = s.retryOnConflict(ctx, func(bool) (bool, error) {
		changed = false
		t, err := s.beginTransaction(ctx, user, []chat.ID{id}, false, true)
		if err != nil {
			return false, err
		}
		m := &t.Rows[0]
		if m.Seen.missing() {
			err := s.CheckAccount(ctx, user)
			return true, err
		}
		if history {
			if m.HiddenUpTo, err = s.Rows.LastCounted(ctx, s.App, user, m.Seen); err != nil {
				return false, err
			}
			if old := m.Seen.HiddenUpTo; old != nil && m.HiddenUpTo != nil && !old.Before(*m.HiddenUpTo) {
				m.HiddenUpTo = nil // these messages are hidden already
			}
		}
		if fromList {
			m.Hide = m.Seen.TimeMs > 0 || m.Seen.hasUnread()
			m.Data.PinnedMs = 0
			if m.Seen.DraftMs > 0 {
				m.Draft = new(string)
			}
		} else {
			m.ClearLast = m.Seen.LastKey != nil || m.Seen.hasUnread()
		}
		if m.changesNothing() {
			return true, nil
		}
		changed, row = true, m.rowAfter(t.NowMs)
		return s.Heads.WriteConversations(ctx, s.App, user, t)
	})
	return row, changed && err == nil, err
}
