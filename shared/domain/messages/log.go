package messages

import (
	"context"
	"slices"
)

// A LogEntry says that something became of a message at a time. What it is, the
// message itself tells: so entries may be repeated, and their order does not
// matter.
type LogEntry struct {
	AtMs    int64
	Key     Key
	Only    string // the one user who is concerned; empty: both
	Expires int64
	// Of a reaction: who gave it or took it back, and which, after "+" or "-". A
	// repeat of that call is known by it.
	By, Reaction string
}

// A LogPosition is a place in the log.
type LogPosition struct {
	AtMs int64
	Key  Key
}

// A LogRange is a part of the log that a user asks for.
type LogRange struct {
	SinceMs int64
	After   *LogPosition // exclusive
	Limit   int
	// Accept is asked for each message; a refusal ends the page before it.
	Accept func(Message) bool
}

// A LogPage is what was found, oldest first.
type LogPage struct {
	Entries []LogEntry
	Next    *LogPosition // nil: there is no more
}

// Changes are the messages that changed, as they now are.
type Changes struct {
	Messages []Message
	Deleted  []Key // no longer in the user's view
	Next     *LogPosition
	SinceMs  int64 // to pass next
}

// MaxChanges bounds a page of changes.
const MaxChanges = 50

// skewMs is how far back a look at the log reaches: entries have the time at
// which their call began, and the change may come as late as that call ends.
const skewMs = 20_000

// Changes returns what became of the messages of a conversation since a time in
// ms: each as it now is, once a page. A message may come again with the next
// look.
func (s Service) Changes(ctx context.Context, user, peer string, q LogRange) (Changes, error) {
	out := Changes{SinceMs: s.Now().UnixMilli() - skewMs}
	page, err := s.Store.LogSince(ctx, s.App, user, peer, q)
	if err != nil {
		return Changes{}, err
	}
	var keys []Key
	var before []*LogPosition // of each key: the place before it
	at := q.After
	for _, e := range page.Entries {
		if !slices.Contains(keys, e.Key) {
			keys, before = append(keys, e.Key), append(before, at)
		}
		at = &LogPosition{AtMs: e.AtMs, Key: e.Key}
	}
	out.Next = page.Next
	if len(keys) == 0 {
		return out, nil
	}
	list, bounds, err := s.view(ctx, user, peer, keys, true)
	if err != nil {
		return Changes{}, err
	}
	for i, m := range list {
		switch {
		case m == nil && keys[i].Time < bounds.Born: // of another one who had the id
		case m == nil:
			out.Deleted = append(out.Deleted, keys[i])
		case !q.Accept(*m):
			out.Next = before[i]
			return out, nil
		default:
			out.Messages = append(out.Messages, *m)
		}
	}
	return out, nil
}
