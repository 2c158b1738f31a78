package messages

import (
	"context"
	"slices"
)

// A Range is a part of a timeline that a user asks for.
type Range struct {
	User, Peer     string
	After, Before  *Key  // exclusive bounds
	MinSec, MaxSec int64 // inclusive bounds in Unix seconds; MaxSec 0: none
	Limit          int
	Strong         bool // what was written a moment ago counts
	// Accept, where set, is asked for each message from the newest on; a refusal
	// ends the page before it.
	Accept func(Message) bool
}

// TimelinePage is what a Store found: messages newest first, and whether there
// are none beyond.
type TimelinePage struct {
	Messages []Message
	Done     bool
}

// A History is a page of messages in ascending order.
type History struct {
	Messages []Message
	Complete bool // the range holds nothing older
	Next     *Key // not complete: the range goes on before this key
}

// MaxPage bounds a page of history.
const MaxPage = 100

// rounds bounds the reads for one page; a page may then be short without being
// complete.
const rounds = 8

// History returns the newest messages of a range as one side sees it: without
// what that side cleared or sent aside, and without what has expired.
func (s Service) History(ctx context.Context, q Range) (History, error) {
	var bounds Bounds
	var page TimelinePage
	err := s.Parallel(ctx,
		func(ctx context.Context) (err error) {
			bounds, err = s.Store.Bounds(ctx, s.App, q.User, q.Peer)
			return err
		},
		func(ctx context.Context) (err error) {
			page, err = s.Store.Timeline(ctx, s.App, q)
			return err
		},
	)
	if err != nil {
		return History{}, err
	}
	var h History
	now := s.Now().Unix()
	for round := 0; ; round++ {
		for _, m := range page.Messages {
			if bounds.Cleared != nil && !bounds.Cleared.Before(m.Key) {
				page.Done = true
				break
			}
			if (m.Expires != 0 && m.Expires <= now) || !m.in(q.User, bounds.Born) {
				h.Next = &m.Key
				continue
			}
			if len(h.Messages) == q.Limit || (q.Accept != nil && !q.Accept(m)) {
				slices.Reverse(h.Messages)
				return h, nil
			}
			h.Messages = append(h.Messages, m)
			h.Next = &m.Key
		}
		if page.Done || len(h.Messages) == q.Limit || round == rounds {
			break
		}
		if h.Next != nil {
			q.Before = h.Next
		}
		if page, err = s.Store.Timeline(ctx, s.App, q); err != nil {
			return History{}, err
		}
	}
	if page.Done {
		h.Complete, h.Next = true, nil
	}
	slices.Reverse(h.Messages)
	return h, nil
}
