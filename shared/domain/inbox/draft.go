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
	p, err := s.changeRows(ctx, user, []chat.ID{id}, false, func(read rowsRead) (rowsPlan, error) { return planDraft(read, text) })
	if err != nil || p.Empty() {
		return 0, err
	}
	row := p.changed[0]
	s.delivery.DeliverAfterCommit(ctx, []string{user}, origin, DraftChanged{Row: row.asOf(s.clock.Now()), Text: text})
	return row.DraftMs, nil
}

// planDraft plans a new draft of one row. It refuses a draft for somebody who is not an
// account.
func planDraft(read rowsRead, text string) (rowsPlan, error) {
	p := rowsPlan{Transaction: read.begun}
	m := &p.Rows[0]
	switch err := read.unknown[m.SeenRow.Chat]; {
	case err != nil:
		return p, err
	case text == "" && m.SeenRow.DraftMs == 0:
		p.Rows = nil
		return p, nil
	}
	m.Draft = &text
	p.changed = []Row{m.rowAfter(p.NowMs)}
	return p, nil
}
