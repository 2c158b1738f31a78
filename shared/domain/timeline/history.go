package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
)

// A HistoryRange selects a part of a timeline for one user.
type HistoryRange struct {
	User           string // in a group: empty for the application
	Chat           chat.ID
	After, Before  *Key  // exclusive bounds
	MinSec, MaxSec int64 // inclusive bounds in Unix seconds; MaxSec 0: no upper bound
	Limit          int
	Strong         bool // read what was written a moment ago, too
	// If Accept is not nil, it is asked for each message, from the newest on. If it
	// refuses one, the page ends before that message.
	Accept func(Message) bool
}

// A Page is what a Store found.
type Page struct {
	Messages []Message // newest first
	Done     bool      // there are no older messages in the range
}

// A History is a page of messages in ascending order.
type History struct {
	Messages []Message
	Complete bool // the range has no older messages
	Next     *Key // not complete: the next page has the messages before this key
}

// MaxPage is the maximum number of messages in a page of history.
const MaxPage = 100

// maxFurtherReads limits the reads for one page after the first one. Then the page
// may be short and not complete. Example: a user has deleted the last 2,000 messages.
// A page may be empty, and its Next says where the next call goes on.
const maxFurtherReads = 8

// History returns the newest messages of a range as one user sees them: without
// expired messages, and without those that this user cleared, deleted or sent with
// NoCopy.
func (s Service) History(ctx context.Context, q HistoryRange) (History, error) {
	var bounds Bounds
	var page Page
	err := s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			bounds, err = s.store.Bounds(ctx, s.app, q.User, q.Chat)
			return err
		},
		func(ctx context.Context) (err error) {
			page, err = s.store.Timeline(ctx, s.app, q)
			return err
		},
	)
	if err != nil {
		return History{}, err
	}
	var h History
	now := s.clock.Now().Unix()
	for reads := 0; ; reads++ {
		h.Messages = slices.Grow(h.Messages, len(page.Messages))
		for i := range page.Messages {
			m := &page.Messages[i]
			if bounds.hides(*m) {
				page.Done = true
				break
			}
			if (m.Expires != 0 && m.Expires <= now) || !m.visibleIgnoringClear(q.User, bounds) {
				h.Next = &m.Key
				continue
			}
			if len(h.Messages) == q.Limit || (q.Accept != nil && !q.Accept(*m)) {
				slices.Reverse(h.Messages)
				return h, nil
			}
			h.Messages = append(h.Messages, *m)
			h.Next = &m.Key
		}
		if page.Done || len(h.Messages) == q.Limit || reads == maxFurtherReads {
			break
		}
		if h.Next != nil {
			q.Before = h.Next
		}
		if page, err = s.store.Timeline(ctx, s.app, q); err != nil {
			return History{}, err
		}
	}
	if page.Done {
		h.Complete, h.Next = true, nil
	}
	slices.Reverse(h.Messages)
	return h, nil
}
