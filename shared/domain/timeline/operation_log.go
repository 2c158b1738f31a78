package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/timeouts"
)

// A LogEntry says that something happened to a message at a time. It does not say
// what: the message itself shows that. So an entry may be written twice, and the
// order of entries does not matter (docs/adr/0015). Example: a message is edited and
// then recalled. The log may hold the two entries in either order; a device that
// reads one of them gets the message as it is now, without content.
type LogEntry struct {
	AtMs    int64
	Key     Key
	Only    string // the one user who is concerned; empty: both are
	Expires int64
	// For a reaction: who added or removed it, and "+" or "-" followed by the
	// reaction. A repeat of the call is recognized by them.
	By, Reaction string
}

// A LogPosition is a position in the log.
type LogPosition struct {
	AtMs int64
	Key  Key
}

// A LogRange selects the part of the log that a device asks for.
type LogRange struct {
	SinceMs int64
	After   *LogPosition // exclusive
	Limit   int
	// Accept is asked for each message. If it refuses one, the page ends before that
	// message.
	Accept func(Message) bool
}

// A LogPage holds the entries found, oldest first.
type LogPage struct {
	Entries []LogEntry
	Next    *LogPosition // nil: there are no more entries
}

// ChangedMessages are the messages that changed, as they are now.
type ChangedMessages struct {
	Messages []Message
	Deleted  []Key // no longer visible to the user
	Next     *LogPosition
	SinceMs  int64 // the SinceMs of the next call, after the last page
}

// MaxChanges is the maximum number of entries in a page of changes.
const MaxChanges = 50

// Changes returns the messages of a conversation that changed since a time in ms,
// each as it is now and once a page. The first page for a member of a group also has all messages that
// the member has deleted for themselves, if one of them since then. The next call may return a message again: it begins
// timeouts.Overlap before this one. Example: an edit begins at 12:00:00, which is the time in
// its log entry, and writes the message at 12:00:06. A device that reads the log at 12:00:03
// gets the old message, and with its next read the new one.
func (s Service) Changes(ctx context.Context, user string, id chat.ID, q LogRange) (ChangedMessages, error) {
	out := ChangedMessages{SinceMs: s.clock.Now().Add(-timeouts.Overlap).UnixMilli()}
	page, err := s.changeStore.LogSince(ctx, s.app, user, id, q)
	if err != nil {
		return ChangedMessages{}, err
	}
	var keys []Key
	var positionsBefore []*LogPosition // for each key: the position before it
	position := q.After
	for _, e := range page.Entries {
		if !slices.Contains(keys, e.Key) {
			keys, positionsBefore = append(keys, e.Key), append(positionsBefore, position)
		}
		position = &LogPosition{AtMs: e.AtMs, Key: e.Key}
	}
	out.Next = page.Next
	if len(keys) == 0 && (id.Kind() != chat.Group || q.After != nil) {
		return out, nil
	}
	list, bounds, err := s.visibleWithBounds(ctx, user, id, keys, true)
	if err != nil {
		return ChangedMessages{}, err
	}
	if q.After == nil && bounds.HiddenMs >= q.SinceMs {
		for _, number := range bounds.Hidden {
			if key := KeyOfNumber(number); !slices.Contains(keys, key) {
				out.Deleted = append(out.Deleted, key)
			}
		}
	}
	for i, m := range list {
		switch {
		case m == nil && keys[i].Time < bounds.Born: // of the account that had the id before
		case m == nil:
			out.Deleted = append(out.Deleted, keys[i])
		case !q.Accept(*m):
			out.Next = positionsBefore[i]
			return out, nil
		default:
			out.Messages = append(out.Messages, *m)
		}
	}
	return out, nil
}
