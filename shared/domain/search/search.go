// Package search searches the messages that a user can see. There is no index: a call
// reads a limited number of messages, newest first, and returns a cursor for the next
// call (docs/adr/0017).
package search

import (
	"context"
	"slices"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// Limits of a call.
const (
	MaxRead          = 200 // messages that are read
	MaxConversations = 20  // conversations that are searched
	MaxFound         = 100 // messages in an answer
	maxTerms         = 5   // keywords; also senders
	maxKeyword       = 100 // bytes of a keyword
)

// A Query says which messages to find. A message must meet all conditions that are
// set. Example: with Keywords "tea" and Senders "alice", only Alice's messages about
// tea are found.
type Query struct {
	Chat     chat.ID  // search only this conversation; zero: all in the user's list
	Keywords []string // all must be in the texts; upper and lower case are the same
	Any      bool     // one keyword is enough
	Kinds    []content.Kind
	Senders  []string
	// MinSec and MaxSec limit the time, inclusive, in Unix seconds; MaxSec 0: no upper
	// limit.
	MinSec, MaxSec int64
	Limit          int
	// Accept, if not nil, is asked for each message found. If it refuses one, the answer
	// ends before that message. It must accept the first one: otherwise each next call
	// ends at the same message.
	Accept func(timeline.Message) bool
	From   Cursor // where the search begins
}

// A Cursor says where a search goes on. With At alone: after that conversation of the
// list. With At and Before: in that conversation, with the messages before Before. With
// Before alone: in Query.Chat. The zero Cursor is the beginning.
type Cursor struct {
	At     *inbox.Position
	Before *timeline.Key
}

// A Result holds the messages found, newest first within a conversation. It may be
// empty and still have a Next. Example: the newest 200 messages do not match, so the
// first call finds nothing and the second one searches the messages before them.
type Result struct {
	Messages []timeline.Message
	Next     *Cursor // nil: everything was searched
}

// Service searches for the users of an application.
type Service struct {
	timeline timeline.Service
	inbox    inbox.Service
}

// New returns the Service of an application.
func New(t timeline.Service, i inbox.Service) Service { return Service{timeline: t, inbox: i} }

// Search searches from query.From on, until a limit is reached.
func (s Service) Search(ctx context.Context, user string, q Query) (Result, error) {
	if err := q.check(user); err != nil {
		return Result{}, err
	}
	q.Keywords = slices.Clone(q.Keywords)
	for i, word := range q.Keywords {
		q.Keywords[i] = fold(word)
	}
	c := call{Service: s, user: user, query: q, left: MaxRead}
	if !q.Chat.IsZero() {
		next, err := c.searchConversation(ctx, q.Chat, q.From.Before)
		if err != nil || next == nil {
			return Result{Messages: c.found}, err
		}
		return Result{Messages: c.found, Next: &Cursor{Before: next}}, nil
	}
	return c.searchList(ctx)
}

// A call is the state of one call of Search.
type call struct {
	Service
	user  string
	query Query
	left  int // how many more messages may be read
	found []timeline.Message
}

// limitReached reports whether the call must end.
func (c *call) limitReached() bool { return c.left <= 0 || len(c.found) == c.query.Limit }

// searchList searches the conversations in the order of the user's list. If a new
// message moves a conversation to the top of the list between two calls, that
// conversation is not searched again.
func (c *call) searchList(ctx context.Context) (Result, error) {
	at := c.query.From.At
	if before := c.query.From.Before; at != nil && before != nil {
		next, err := c.searchListed(ctx, at.Chat, before)
		if err != nil {
			return Result{}, err
		}
		if next != nil {
			return Result{Messages: c.found, Next: &Cursor{At: at, Before: next}}, nil
		}
		if c.limitReached() {
			return Result{Messages: c.found, Next: &Cursor{At: at}}, nil
		}
	}
	page, err := c.inbox.List(ctx, c.user, inbox.Filter{}, inbox.PageRequest{After: at, Limit: MaxConversations})
	if err != nil {
		return Result{}, err
	}
	for i, row := range page.Rows {
		at := page.Positions[i]
		next, err := c.searchListed(ctx, row.Chat, nil)
		if err != nil {
			return Result{}, err
		}
		last := i == len(page.Rows)-1
		if next != nil || (c.limitReached() && !last) || (last && page.Next != nil) {
			return Result{Messages: c.found, Next: &Cursor{At: &at, Before: next}}, nil
		}
	}
	return Result{Messages: c.found}, nil
}

// searchListed is searchConversation for a conversation of the list. A group that was destroyed, or that
// the user has left, since the list was read has nothing to find.
func (c *call) searchListed(ctx context.Context, id chat.ID, before *timeline.Key) (*timeline.Key, error) {
	next, err := c.searchConversation(ctx, id, before)
	if fault.Is(err, fault.GroupUnknown) || fault.Is(err, fault.MemberUnknown) {
		return nil, nil
	}
	return next, err
}

// searchConversation searches the messages of one conversation before a key (nil: all).
// It returns the key before which the next call goes on; nil if the conversation was
// searched to its end.
func (c *call) searchConversation(ctx context.Context, id chat.ID, before *timeline.Key) (*timeline.Key, error) {
	if before == nil {
		before = &timeline.Key{Time: 1<<32 - 1, Seq: 1<<32 - 1, Random: 1<<32 - 1} // after all messages
	}
	for {
		h, err := c.timeline.History(ctx, timeline.HistoryRange{
			User: c.user, Chat: id, Before: before, MinSec: c.query.MinSec, MaxSec: c.query.MaxSec,
			Limit: min(c.left, timeline.MaxPage),
		})
		if err != nil {
			return nil, err
		}
		c.left -= max(len(h.Messages), 1)
		for i, m := range slices.Backward(h.Messages) {
			if !c.query.matches(m) {
				before = &m.Key
				continue
			}
			if c.query.Accept != nil && !c.query.Accept(m) {
				return before, nil
			}
			before = &m.Key
			c.found = append(c.found, m)
			if len(c.found) == c.query.Limit {
				if i == 0 && h.Complete {
					return nil, nil
				}
				return before, nil
			}
		}
		if h.Complete {
			return nil, nil
		}
		if before = h.Next; c.left <= 0 {
			return before, nil
		}
	}
}

// matches reports whether a message meets the conditions. The keywords are folded.
func (q Query) matches(m timeline.Message) bool {
	if m.Recalled || (len(q.Senders) > 0 && !slices.Contains(q.Senders, m.From)) {
		return false
	}
	if len(q.Kinds) > 0 && !slices.ContainsFunc(m.Elements, func(e content.Element) bool { return slices.Contains(q.Kinds, e.Kind()) }) {
		return false
	}
	if len(q.Keywords) == 0 {
		return true
	}
	text := fold(m.Words())
	contains := func(word string) bool { return strings.Contains(text, word) }
	if q.Any {
		return slices.ContainsFunc(q.Keywords, contains)
	}
	return !slices.ContainsFunc(q.Keywords, func(word string) bool { return !contains(word) })
}

func (q Query) check(user string) error {
	if len(q.Keywords)+len(q.Kinds)+len(q.Senders) == 0 {
		return fault.New(fault.Invalid, "a search needs keywords, kinds of elements or senders")
	}
	if len(q.Keywords) > maxTerms || len(q.Senders) > maxTerms {
		return fault.New(fault.Invalid, "a search has at most %d keywords and %d senders", maxTerms, maxTerms)
	}
	for _, word := range q.Keywords {
		if word == "" || len(word) > maxKeyword {
			return fault.New(fault.Invalid, "a keyword has 1 to %d bytes", maxKeyword)
		}
	}
	for _, kind := range q.Kinds {
		if !kind.Known() {
			return fault.New(fault.Invalid, "the kind %.50s is not known", kind)
		}
	}
	if q.Limit < 1 || q.Limit > MaxFound {
		return fault.New(fault.Invalid, "an answer has 1 to %d messages", MaxFound)
	}
	if q.MinSec < 0 || q.MaxSec < 0 || q.MaxSec >= 1<<32 || (q.MaxSec > 0 && q.MaxSec < q.MinSec) || q.MinSec >= 1<<32 {
		return fault.New(fault.Invalid, "the times are Unix seconds, the lesser first")
	}
	if peer := q.Chat.Peer(user); peer != "" {
		if err := accounts.CheckID(peer); err != nil {
			return err
		}
	}
	return nil
}
