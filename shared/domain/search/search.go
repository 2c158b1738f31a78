// Package search looks through the messages that a user can see. There is no
// index: a call reads a bounded number of messages, newest first, and says where
// to go on (docs/adr/0017).
package search

import (
	"context"
	"slices"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

// Bounds of a call.
const (
	MaxRead          = 200 // messages read
	MaxConversations = 20  // conversations looked into
	MaxFound         = 100 // messages of an answer
	maxWords         = 5   // keywords, and senders
	maxWord          = 100 // bytes of a keyword
)

// A Query says which messages are wanted: those that fulfil every part that is
// there.
type Query struct {
	Peer     string   // the conversation; empty: all of the user's list
	Keywords []string // in the texts, whatever their case
	Any      bool     // one of the keywords is enough
	Kinds    []messages.Kind
	Senders  []string
	// MinSec and MaxSec bound the time, in Unix seconds; MaxSec 0: none.
	MinSec, MaxSec int64
	Limit          int
	// Accept, where set, is asked for each message found; a refusal ends the
	// answer before it. The first one has to be accepted.
	Accept func(messages.Message) bool
	From   Cursor
}

// A Cursor is where a search goes on: behind a conversation of the list or, with
// Before, in it, before a message. Zero is the beginning.
type Cursor struct {
	At     *conversations.Position
	Before *messages.Key
}

// A Result has the messages found, those of a conversation newest first. It may
// have none and not be complete.
type Result struct {
	Messages []messages.Message
	Next     *Cursor // nil: all is searched
}

// Service searches for the users of an application.
type Service struct {
	Messages      messages.Service
	Conversations conversations.Service
}

// Search reads on from where the query says.
func (s Service) Search(ctx context.Context, user string, q Query) (Result, error) {
	if err := q.check(); err != nil {
		return Result{}, err
	}
	for i, word := range q.Keywords {
		q.Keywords[i] = fold(word)
	}
	r := run{Service: s, user: user, query: q, left: MaxRead}
	if q.Peer != "" {
		next, err := r.conversation(ctx, q.Peer, q.From.Before)
		if err != nil || next == nil {
			return Result{Messages: r.found}, err
		}
		return Result{Messages: r.found, Next: &Cursor{Before: next}}, nil
	}
	return r.list(ctx)
}

// run is one call.
type run struct {
	Service
	user  string
	query Query
	left  int // messages that may be read
	found []messages.Message
}

func (r *run) full() bool { return r.left <= 0 || len(r.found) == r.query.Limit }

// list goes through the conversations as they stand in the list. One that moves
// to its top meanwhile is not searched again.
func (r *run) list(ctx context.Context) (Result, error) {
	at := r.query.From.At
	if before := r.query.From.Before; at != nil && before != nil {
		next, err := r.conversation(ctx, at.Peer, before)
		if err != nil {
			return Result{}, err
		}
		if next != nil {
			return Result{Messages: r.found, Next: &Cursor{At: at, Before: next}}, nil
		}
		if r.full() {
			return Result{Messages: r.found, Next: &Cursor{At: at}}, nil
		}
	}
	page, err := r.Conversations.List(ctx, r.user, conversations.Filter{}, conversations.Cut{After: at, Limit: MaxConversations})
	if err != nil {
		return Result{}, err
	}
	for i, row := range page.Rows {
		at := page.Places[i]
		next, err := r.conversation(ctx, row.Peer, nil)
		if err != nil {
			return Result{}, err
		}
		last := i == len(page.Rows)-1
		if next != nil || (r.full() && !last) || (last && page.Next != nil) {
			return Result{Messages: r.found, Next: &Cursor{At: &at, Before: next}}, nil
		}
	}
	return Result{Messages: r.found}, nil
}

// conversation searches one conversation from a key on, and returns the key to
// go on before; nil where it is searched to its end.
func (r *run) conversation(ctx context.Context, peer string, before *messages.Key) (*messages.Key, error) {
	if before == nil {
		before = &messages.Key{Time: 1<<32 - 1, Seq: 1<<32 - 1, Random: 1<<32 - 1} // after all
	}
	for {
		h, err := r.Messages.History(ctx, messages.Range{
			User: r.user, Peer: peer, Before: before, MinSec: r.query.MinSec, MaxSec: r.query.MaxSec,
			Limit: min(r.left, messages.MaxPage),
		})
		if err != nil {
			return nil, err
		}
		r.left -= max(len(h.Messages), 1)
		for i, m := range slices.Backward(h.Messages) {
			if !r.query.matches(m) {
				before = &m.Key
				continue
			}
			if r.query.Accept != nil && !r.query.Accept(m) {
				return before, nil
			}
			before = &m.Key
			r.found = append(r.found, m)
			if len(r.found) == r.query.Limit {
				if i == 0 && h.Complete {
					return nil, nil
				}
				return before, nil
			}
		}
		if h.Complete {
			return nil, nil
		}
		if before = h.Next; r.left <= 0 {
			return before, nil
		}
	}
}

func (q Query) matches(m messages.Message) bool {
	if m.Recalled || (len(q.Senders) > 0 && !slices.Contains(q.Senders, m.From)) {
		return false
	}
	if len(q.Kinds) > 0 && !slices.ContainsFunc(m.Elements, func(e messages.Element) bool { return slices.Contains(q.Kinds, e.Kind) }) {
		return false
	}
	if len(q.Keywords) == 0 {
		return true
	}
	text := fold(m.Words())
	has := func(word string) bool { return strings.Contains(text, word) }
	if q.Any {
		return slices.ContainsFunc(q.Keywords, has)
	}
	return !slices.ContainsFunc(q.Keywords, func(word string) bool { return !has(word) })
}

func (q Query) check() error {
	if len(q.Keywords)+len(q.Kinds)+len(q.Senders) == 0 {
		return fault.New(fault.Invalid, "a search needs keywords, kinds of elements or senders")
	}
	if len(q.Keywords) > maxWords || len(q.Senders) > maxWords {
		return fault.New(fault.Invalid, "a search has at most %d keywords and %d senders", maxWords, maxWords)
	}
	for _, word := range q.Keywords {
		if word == "" || len(word) > maxWord {
			return fault.New(fault.Invalid, "a keyword has 1 to %d bytes", maxWord)
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
	if q.Peer != "" {
		if err := accounts.CheckID(q.Peer); err != nil {
			return err
		}
	}
	return nil
}
