package timeline

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/shared/domain/chat"
	"parley/shared/fault"
)

// Limits of reactions. The vendor has error codes for them and documents no numbers
// (docs/spec/tencent §12).
const (
	MaxReactions   = 10 // of one user to one message
	maxReactionLen = 64 // bytes
)

// React adds a user's reaction to a message of the conversation, or removes it. The
// user must be allowed to write to the other one.
func (s Service) React(ctx context.Context, by Actor, user string, id chat.ID, key Key, reaction string, add bool) error {
	if err := checkReaction(reaction); err != nil {
		return err
	}
	born, blockedSilently, err := s.Check.Admit(ctx, by, user, id)
	if err != nil {
		return err
	}
	m, err := s.find(ctx, user, id, born, key, fault.TargetUnknown)
	if err != nil {
		return err
	}
	if blockedSilently && !m.HiddenFromPeer {
		return nil // the blocking peer has the message and must not see anything new
	}
	own := m.Reactions[user]
	switch has := slices.Contains(own, reaction); {
	case m.Recalled:
		return fault.New(fault.TargetUnknown, "the message is recalled")
	case add == has:
		if repeat, err := s.isRepeatedReaction(ctx, user, id, key, reaction, add); err != nil || repeat {
			return err
		}
		if add {
			return fault.New(fault.AlreadyReacted, "%s has given this reaction already", user)
		}
		return fault.New(fault.NotReacted, "%s has not given this reaction", user)
	case add && len(own) >= MaxReactions:
		return fault.New(fault.ReactionLimit, "a user gives a message at most %d reactions", MaxReactions)
	}
	now := s.Now().UnixMilli()
	notified, rows := []string{user}, []userRowUpdate{{user, RowUpdate{NowMs: now}}}
	if !m.HiddenFromPeer {
		notified, rows = append(notified, id.Peer(user)), append(rows, userRowUpdate{id.Peer(user), RowUpdate{NowMs: now}})
	}
	entry := LogEntry{AtMs: now, Key: m.Key, Expires: m.Expires, By: user, Reaction: reactionLogValue(reaction, add)}
	if err := s.writeLogAndRows(ctx, *m, entry, rows); err != nil {
		return err
	}
	done, err := s.ChangeStore.React(ctx, s.App, user, id, key, reaction, add)
	if err != nil {
		return err
	}
	if !done {
		return fault.New(fault.TargetUnknown, "the message was changed in the meantime, read it again")
	}
	s.Delivery.DeliverAfterCommit(ctx, notified, by.Origin, Reacted{
		User: user, Chat: id, From: m.From, Key: key, Reaction: reaction, Added: add, TimeMs: now,
	})
	return nil
}

// isRepeatedReaction reports whether a call that finds its work done is a repeat: the
// last thing this user did with the reaction, within the window, is the same.
// Example: a client adds "+1" and gets no answer. Its second call finds the reaction
// and "+" as the last log entry, and succeeds. If the user had added it yesterday,
// the call would fail with AlreadyReacted.
func (s Service) isRepeatedReaction(ctx context.Context, user string, id chat.ID, key Key, reaction string, add bool) (bool, error) {
	q := LogRange{SinceMs: s.Now().Add(-IdempotencyWindow).UnixMilli(), Limit: 100}
	done := ""
	for {
		page, err := s.ChangeStore.LogSince(ctx, s.App, user, id, q)
		if err != nil {
			return false, err
		}
		for _, e := range page.Entries {
			if e.Key == key && e.By == user && len(e.Reaction) > 0 && e.Reaction[1:] == reaction {
				done = e.Reaction
			}
		}
		if page.Next == nil {
			return done == reactionLogValue(reaction, add), nil
		}
		q.After = page.Next
	}
}

// reactionLogValue is the Reaction of a log entry.
func reactionLogValue(reaction string, add bool) string {
	if add {
		return "+" + reaction
	}
	return "-" + reaction
}

func checkReaction(text string) error {
	if text == "" || len(text) > maxReactionLen || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fault.New(fault.Invalid, "a reaction has 1 to %d bytes of text", maxReactionLen)
	}
	return nil
}
