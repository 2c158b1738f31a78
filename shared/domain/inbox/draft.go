package inbox

import (
	"context"
	"time"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

const (
	// MaxDraft is the maximum length of a draft in bytes. A draft is an item of its own,
	// so that the row stays small.
	MaxDraft = 2048
	// DraftLife is the maximum time for which a draft is stored.
	DraftLife = 30 * 24 * time.Hour
)

// DraftChanged tells the user's other devices that a draft has changed.
type DraftChanged struct {
	Row  Row
	Text string // empty: the draft was removed
}

// SetDraft stores the text that the user has typed for a peer and not sent, so that all
// devices of the user show it. An empty text removes the draft. SetDraft returns the
// time of the draft in ms, 0 if there is none.
func (s Service) SetDraft(ctx context.Context, user string, id chat.ID, text string, origin delivery.Origin) (int64, error) {
	if len(text) > MaxDraft {
		return 0, fault.New(fault.Invalid, "a draft has at most %d bytes", MaxDraft)
	}
	if err := checkPeers(user, []chat.ID{id})[0]; err != nil {
		return 0, err
	}
	var row Row
	changed := false
	err := s.retryOnConflict(ctx, func(strong bool) (bool, error) {
		t, err := s.beginTransaction(ctx, user, []chat.ID{id}, false, strong)
		if err != nil {
			return false, err
		}
		unknown, err := s.unknownPeers(ctx, user, &t)
		if err != nil {
			return false, err
		}
		if unknown[id] {
			return false, fault.New(fault.AccountUnknown, "%s is not an account", id.Peer(user))
		}
		m := &t.Rows[0]
		if changed = text != "" || m.Seen.DraftMs > 0; !changed {
			return strong, nil // an eventually consistent read may lack a draft of a moment ago
		}
		m.Draft = &text
		row = m.rowAfter(t.NowMs)
		return s.Heads.WriteConversations(ctx, s.App, user, t)
	})
	if err != nil || !changed {
		return 0, err
	}
	s.Delivery.DeliverAfterCommit(ctx, []string{user}, origin, DraftChanged{Row: row.asOf(s.Now()), Text: text})
	return row.DraftMs, nil
}
