package inbox

import (
	"context"
	"slices"

	"parley/shared/fault"
)

// MaxGet is the maximum number of conversations that one call of Get reads.
const MaxGet = 20

// A Conversation is a row with its draft.
type Conversation struct {
	Row
	Draft string
}

// Get returns the conversations with some peers, with their drafts. It leaves out
// conversations that do not exist, and those whose messages have expired and that have
// no data.
func (s Service) Get(ctx context.Context, user string, peers []string) ([]Conversation, error) {
	if len(peers) > MaxGet {
		return nil, fault.New(fault.BatchTooLarge, "at most %d conversations are read at once", MaxGet)
	}
	valid := make([]string, 0, len(peers))
	for _, i := range withoutError(checkPeers(user, peers)) {
		valid = append(valid, peers[i])
	}
	rows, err := s.Rows.PeerRows(ctx, s.App, user, valid, false)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var list []Conversation
	var withDraft []string
	for _, r := range rows {
		if r.Peer == "" || (!r.unexpired(now) && r.Data == Data{}) {
			continue
		}
		r = r.asOf(now)
		list = append(list, Conversation{Row: r})
		if r.DraftMs > 0 {
			withDraft = append(withDraft, r.Peer)
		}
	}
	if len(withDraft) == 0 {
		return list, nil
	}
	texts, err := s.Rows.Drafts(ctx, s.App, user, withDraft)
	for i := range list {
		if at := slices.Index(withDraft, list[i].Peer); at >= 0 && err == nil {
			list[i].Draft = texts[at]
		}
	}
	return list, err
}
