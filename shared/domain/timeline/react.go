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
	MaxReactions     = 10  // different ones of one user to one message; in a group, of all members
	MaxReactionUsers = 100 // members of a group who give one reaction to a message
	maxReactionLen   = 64  // bytes
)

// React adds a user's reaction to a message of the conversation, or removes it. The
// user must be allowed to write to the other one, or to the group. A group has fewer reactions to a
// message than its members could give, because they are stored with the message.
func (s Service) React(ctx context.Context, by Actor, user string, id chat.ID, key Key, reaction string, add bool) error {
	if err := checkReaction(reaction); err != nil {
		return err
	}
	born, blockedSilently, err := s.check.Admit(ctx, by, user, id)
	if err != nil {
		return err
	}
	m, err := s.findToReact(ctx, user, id, born, key)
	if err != nil {
		return err
	}
	if blockedSilently && !m.HiddenFromPeer {
		return nil // the blocking peer has the message and must not see anything new
	}
	own := m.Reactions[user]
	switch has := slices.Contains(own, reaction); {
	case add == has:
		if repeat, err := s.isRepeatedReaction(ctx, user, id, key, reaction, add); err != nil || repeat {
			return err
		}
		if add {
			return fault.New(fault.AlreadyReacted, "%s has given this reaction already", user)
		}
		return fault.New(fault.NotReacted, "%s has not given this reaction", user)
	case add:
		if err := checkReactionLimits(*m, user, reaction); err != nil {
			return err
		}
	}
	now := s.clock.Now().UnixMilli()
	rows := []userRowUpdate{{user, RowUpdate{NowMs: now}}}
	switch {
	case id.Kind() == chat.Group:
		rows[0].user = ""
	case !m.HiddenFromPeer:
		rows = append(rows, userRowUpdate{id.Peer(user), RowUpdate{NowMs: now}})
	}
	entry := LogEntry{AtMs: now, Key: m.Key, Expires: m.Expires, By: user, Reaction: reactionLogValue(reaction, add)}
	if err := s.writeLogAndRows(ctx, *m, entry, rows); err != nil {
		return err
	}
	done, err := s.changeStore.React(ctx, s.app, user, id, key, reaction, add)
	if err != nil {
		return err
	}
	if !done {
		return fault.New(fault.TargetUnknown, "the message was changed in the meantime, read it again")
	}
	event := Reacted{User: user, Chat: id, From: m.From, Key: key, Reaction: reaction, Added: add, TimeMs: now}
	if id.Kind() == chat.Group {
		s.deliver(ctx, *m, by.Origin, event)
		return nil
	}
	notified := make([]string, len(rows))
	for i, r := range rows {
		notified[i] = r.user
	}
	s.delivery.DeliverAfterCommit(ctx, notified, by.Origin, event)
	return nil
}

// findToReact reads a message that a user reacts to: in a group one that the member sees and that
// somebody has sent.
func (s Service) findToReact(ctx context.Context, user string, id chat.ID, born int64, key Key) (m *Message, err error) {
	if id.Kind() == chat.Group {
		m, err = s.findForMember(ctx, user, id, key, fault.TargetUnknown)
	} else {
		m, err = s.find(ctx, user, id, born, key, fault.TargetUnknown)
	}
	switch {
	case err != nil:
		return nil, err
	case m.Recalled:
		return nil, fault.New(fault.TargetUnknown, "the message is recalled")
	case m.Tip != nil:
		return nil, fault.New(fault.TargetUnknown, "nobody sent message %s: it tells of a change of the group", key.Text(id))
	}
	return m, nil
}

// checkReactionLimits refuses one more reaction of a user if the message has as many as it may have.
func checkReactionLimits(m Message, user, reaction string) error {
	if m.Chat.Kind() != chat.Group {
		if len(m.Reactions[user]) >= MaxReactions {
			return fault.New(fault.ReactionLimit, "a user gives a message at most %d reactions", MaxReactions)
		}
		return nil
	}
	users := make(map[string]int) // how many have given each reaction
	for _, list := range m.Reactions {
		for _, r := range list {
			users[r]++
		}
	}
	switch {
	case users[reaction] == 0 && len(users) >= MaxReactions:
		return fault.New(fault.ReactionLimit, "a message of a group has at most %d different reactions", MaxReactions)
	case users[reaction] >= MaxReactionUsers:
		return fault.New(fault.ReactionUserLimit, "at most %d members give a message the same reaction", MaxReactionUsers)
	}
	return nil
}

// isRepeatedReaction reports whether a call that finds its work done is a repeat: the
// last thing this user did with the reaction, within the window, is the same.
// Example: a client adds "+1" and gets no answer. Its second call finds the reaction
// and "+" as the last log entry, and succeeds. If the user had added it yesterday,
// the call would fail with AlreadyReacted.
func (s Service) isRepeatedReaction(ctx context.Context, user string, id chat.ID, key Key, reaction string, add bool) (bool, error) {
	q := LogRange{SinceMs: s.clock.Now().Add(-IdempotencyWindow).UnixMilli(), Limit: 100}
	done := ""
	for {
		page, err := s.changeStore.LogSince(ctx, s.app, user, id, q)
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
