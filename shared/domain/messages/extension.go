package messages

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/shared/fault"
	"parley/shared/retry"
)

// Bounds of the pairs that are attached to a message (core spec §6.11, §6.12).
const (
	MaxPairs       = 300 // on a message
	MaxPairWrites  = 20  // in a call
	MaxPairReads   = 200 // in an answer
	maxPairKey     = 100 // bytes
	maxPairValue   = 1000
	maxPairChanges = 200 // on a message in a minute
)

// A Pair is a key and a value that are attached to a message. Seq is its
// version: the number of the change that wrote it, 0 where there is none.
type Pair struct {
	Key, Value string
	Seq        int64
}

// A PairVerb is what is done with pairs.
type PairVerb int

// The verbs (core spec §6.12).
const (
	SetPairs PairVerb = iota + 1
	DeletePairs
	ClearPairs
)

// A PairBook counts the pairs of a message.
type PairBook struct {
	Latest  int64 // the number of the last change
	Cleared int64 // pairs up to this number are gone
	Count   int
	Minute  int64 // the last minute with changes, and how many it had
	Changes int
	Expires int64 // with the message; Unix seconds
	Version int64 // how often the book was written
}

// Pairs are the pairs of a message, in the order in which they were written.
type Pairs struct {
	List            []Pair
	Latest, Cleared int64
	Complete        bool
}

// PairResult is what became of one pair of a call. Where its version was another
// than the caller knows, Pair is the one that is there.
type PairResult struct {
	Pair Pair
	Err  error
}

// Extended tells that pairs of a message changed. From and To are the message's.
type Extended struct {
	From, To        string
	Key             Key
	Latest, Cleared int64
	Set             []Pair
	Deleted         []string
}

// PairStore keeps pairs.
type PairStore interface {
	// PairBook reads the book of a message's pairs strongly, and of some pairs what
	// is there.
	PairBook(ctx context.Context, app int64, a, b string, m Key, keys []string) (PairBook, map[string]Pair, error)
	// AllPairs reads the book and all pairs of a message.
	AllPairs(ctx context.Context, app int64, a, b string, m Key) (PairBook, []Pair, error)
	// WritePairs writes pairs, takes others away, and writes the book, all or
	// nothing, if the book still has the version before. It reports false where it
	// has not.
	WritePairs(ctx context.Context, app int64, a, b string, m Key, book PairBook, put []Pair, remove []string) (bool, error)
}

// extensible reads a message that pairs may be attached to.
func (s Service) extensible(ctx context.Context, from, to string, born int64, key Key) (*Message, error) {
	if !s.Extensions {
		return nil, fault.New(fault.AppLimit, "the application's edition has no message extensions")
	}
	m, err := s.find(ctx, from, to, born, key, fault.TargetUnknown)
	switch {
	case err != nil:
		return nil, err
	case m.Recalled:
		return nil, fault.New(fault.TargetUnknown, "the message is recalled")
	case !m.Extensible:
		return nil, fault.New(fault.NotExtensible, "the message was sent without SupportMessageExtension")
	}
	return m, nil
}

// Pairs returns the pairs of a message from a version on, at most 200.
func (s Service) Pairs(ctx context.Context, from, to string, key Key, start int64) (Pairs, error) {
	return s.PairsFor(ctx, Actor{Trusted: true}, "", from, to, key, start)
}

// PairsFor is Pairs for a user, or for the application.
func (s Service) PairsFor(ctx context.Context, by Actor, user, from, to string, key Key, start int64) (Pairs, error) {
	born, err := s.born(ctx, by, user)
	if err != nil {
		return Pairs{}, err
	}
	if _, err := s.extensible(ctx, from, to, born, key); err != nil {
		return Pairs{}, err
	}
	book, list, err := s.Store.AllPairs(ctx, s.App, from, to, key)
	if err != nil {
		return Pairs{}, err
	}
	list = slices.DeleteFunc(list, func(p Pair) bool { return p.Seq <= book.Cleared || p.Seq < start })
	slices.SortFunc(list, func(a, b Pair) int { return int(a.Seq - b.Seq) })
	out := Pairs{List: list, Latest: book.Latest, Cleared: book.Cleared, Complete: len(list) <= MaxPairReads}
	out.List = list[:min(len(list), MaxPairReads)]
	return out, nil
}

// ChangePairs sets, deletes or clears pairs of a message. The version of each
// pair is compared with the one that a user knows, not with the application's. It
// returns a result for each pair, and for those that were set the new version.
// The devices of both users are told.
func (s Service) ChangePairs(ctx context.Context, by Actor, user, from, to string, key Key, verb PairVerb, list []Pair) ([]PairResult, error) {
	if err := checkPairs(verb, list); err != nil {
		return nil, err
	}
	born, err := s.born(ctx, by, user)
	if err != nil {
		return nil, err
	}
	m, err := s.extensible(ctx, from, to, born, key)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(list))
	for i, p := range list {
		keys[i] = p.Key
	}
	var c pairChange
	var results []PairResult
	written := false
	done, err := s.Again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		book, there, err := s.Store.PairBook(ctx, s.App, from, to, key, keys)
		if err != nil {
			return false, err
		}
		book.Expires = m.Expires
		c = pairChange{book: book, there: there, trusted: by.Trusted, minute: s.Now().Unix() / 60}
		results, err = c.plan(verb, list)
		if err != nil || c.idle || (len(c.put) == 0 && len(c.remove) == 0 && verb != ClearPairs) {
			return true, err
		}
		written, err = s.Store.WritePairs(ctx, s.App, from, to, key, c.book, c.put, c.remove)
		return written, err
	})
	switch {
	case err != nil:
		return results, err
	case !done:
		return nil, fault.New(fault.EditConflict, "too many changes of the message at once, try again")
	case written:
		s.Out.Tell(ctx, parties(*m), by.Origin, Extended{
			From: m.From, To: m.To, Key: key, Latest: c.book.Latest, Cleared: c.book.Cleared, Set: c.put, Deleted: c.remove,
		})
	}
	return results, nil
}

func checkPairs(verb PairVerb, list []Pair) error {
	switch {
	case verb != SetPairs && verb != DeletePairs && verb != ClearPairs:
		return fault.New(fault.Invalid, "OperateType is 1 to set, 2 to delete, 3 to clear")
	case verb == ClearPairs:
		return nil
	case len(list) == 0 || len(list) > MaxPairWrites:
		return fault.New(fault.Invalid, "ExtensionList has 1 to %d pairs", MaxPairWrites)
	}
	for i, p := range list {
		switch {
		case p.Key == "" || len(p.Key) > maxPairKey || !utf8.ValidString(p.Key) || strings.ContainsFunc(p.Key, unicode.IsControl):
			return fault.New(fault.Invalid, "ExtensionList[%d]: a Key has 1 to %d bytes of text", i, maxPairKey)
		case len(p.Value) > maxPairValue:
			return fault.New(fault.Invalid, "ExtensionList[%d]: a Value has at most %d bytes", i, maxPairValue)
		case slices.ContainsFunc(list[:i], func(o Pair) bool { return o.Key == p.Key }):
			return fault.New(fault.Invalid, "ExtensionList has %.100q twice", p.Key)
		}
	}
	return nil
}

// pairChange works out what a call writes.
type pairChange struct {
	book    PairBook
	there   map[string]Pair
	trusted bool
	minute  int64
	put     []Pair
	remove  []string
	idle    bool // there is nothing to clear
}

func (c *pairChange) plan(verb PairVerb, list []Pair) ([]PairResult, error) {
	if c.book.Minute != c.minute {
		c.book.Minute, c.book.Changes = c.minute, 0
	}
	if verb == ClearPairs && c.book.Cleared == c.book.Latest {
		c.idle = true // a repeat, or there were none
		return nil, nil
	}
	if verb == ClearPairs {
		c.book.Cleared, c.book.Count = c.book.Latest, 0
		return nil, c.count()
	}
	results := make([]PairResult, len(list))
	for i, p := range list {
		now, had := c.there[p.Key]
		if now.Seq <= c.book.Cleared {
			now, had = Pair{Key: p.Key}, false
		}
		if !c.trusted && p.Seq < now.Seq && verb == SetPairs && p.Value == now.Value || !c.trusted && verb == DeletePairs && !had {
			results[i].Pair = now // a repeat: the pair is as the caller wants it
			continue
		}
		if !c.trusted && p.Seq != now.Seq {
			results[i] = PairResult{now, fault.New(fault.ExtensionConflict, "the pair has version %d", now.Seq)}
			continue
		}
		if verb == DeletePairs {
			results[i].Pair = now
			if !had {
				continue
			}
			c.remove = append(c.remove, p.Key)
			c.book.Count--
		} else {
			if !had {
				c.book.Count++
			}
			p.Seq = c.book.Latest + 1
			results[i].Pair = p
			c.put = append(c.put, p)
		}
		c.book.Latest++
		if err := c.count(); err != nil {
			return nil, err
		}
	}
	if c.book.Count > MaxPairs {
		return nil, fault.New(fault.ExtensionLimit, "a message has at most %d pairs", MaxPairs)
	}
	return results, nil
}

// count counts a change in the minute.
func (c *pairChange) count() error {
	if c.book.Changes++; c.book.Changes > maxPairChanges {
		return fault.New(fault.ExtensionLimit, "a message takes %d changes a minute", maxPairChanges)
	}
	return nil
}
