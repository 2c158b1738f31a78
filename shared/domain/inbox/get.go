package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/fault"
)

// MaxGet is the maximum number of conversations that one call of Get reads.
const MaxGet = 20

// A Conversation is a row with its draft.
type Conversation struct {
	Row
	Draft string
}

// GetConversations returns the conversations with these ids, with their drafts. It leaves out
// conversations that do not exist, and those whose messages have expired and that have
// no data.
func (s Service) GetConversations(ctx context.Context, user string, ids []chat.ID) ([]Conversation, error) {
	if len(ids) > MaxGet {
		return nil, fault.New(fault.BatchTooLarge, "at most %d conversations are read at once", MaxGet)
	}
	valid := make([]chat.ID, 0, len(ids))
	for _, i := range withoutError(checkPeers(user, ids)) {
		valid = append(valid, ids[i])
	}
	rows, err := s.rowsOf(ctx, user, valid, false)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	var list []Conversation
	var withDraft []chat.ID
	for _, r := range rows {
		if r.Chat.IsZero() || (!r.unexpired(now) && r.Data == Data{}) {
			continue
		}
		r = r.asOf(now)
		list = append(list, Conversation{Row: r})
		if r.DraftMs > 0 {
			withDraft = append(withDraft, r.Chat)
		}
	}
	if len(withDraft) == 0 {
		return list, nil
	}
	texts, err := s.rows.Drafts(ctx, s.app, user, withDraft)
	for i := range list {
		if at := slices.Index(withDraft, list[i].Chat); at >= 0 && err == nil {
			list[i].Draft = texts[at]
		}
	}
	return list, err
}
