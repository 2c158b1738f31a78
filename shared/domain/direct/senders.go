package direct

import (
	"context"
	"slices"

	"parley/shared/domain/timeline"
)

// A Sender is what an app shows next to the messages of a user.
type Sender struct{ User, Nick, Face string }

// Senders returns the nicknames and faces of users. It leaves out users who have
// neither.
func (s Service) Senders(ctx context.Context, users ...string) ([]Sender, error) {
	list, err := s.store.Accounts(ctx, s.app, users)
	if err != nil {
		return nil, err
	}
	var out []Sender
	for _, a := range list {
		if a.Alive() && a.Nick+a.Face != "" {
			out = append(out, Sender{User: a.ID, Nick: a.Nick, Face: a.Face})
		}
	}
	return out, nil
}

// HistoryWithSenders returns a page of messages, and for each user who sent one of them and has
// a nickname or a face these two. It reads both at the same time.
func (s Service) HistoryWithSenders(ctx context.Context, r timeline.HistoryRange) (h timeline.History, senders []Sender, err error) {
	err = s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			h, err = s.timeline.History(ctx, r)
			return err
		},
		func(ctx context.Context) (err error) {
			senders, err = s.Senders(ctx, r.User, r.Chat.Peer(r.User))
			return err
		},
	)
	if err != nil {
		return timeline.History{}, nil, err
	}
	wroteNone := func(u Sender) bool {
		return !slices.ContainsFunc(h.Messages, func(m timeline.Message) bool { return m.From == u.User })
	}
	return h, slices.DeleteFunc(senders, wroteNone), nil
}
