package messages

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/shared/fault"
)

// Bounds of reactions. The reference has codes for too many, and no numbers
// (core spec §12, unsure).
const (
	MaxReactions   = 10 // of one user to one message
	maxReactionLen = 64 // bytes
)

// React adds a user's reaction to a message of the conversation, or takes it
// away. Both users may, while they may write to each other.
func (s Service) React(ctx context.Context, by Actor, user, peer string, key Key, reaction string, add bool) error {
	if err := checkReaction(reaction); err != nil {
		return err
	}
	p, silenced, err := s.admit(ctx, Draft{From: user, To: peer, Trusted: by.Trusted, Issued: by.Issued})
	if err != nil {
		return err
	}
	m, err := s.find(ctx, user, peer, p.From.Reborn, key, fault.TargetUnknown)
	if err != nil {
		return err
	}
	if silenced && !m.PeerHid {
		return nil // the peer has the message, and is told nothing new
	}
	own := m.Reactions[user]
	switch has := slices.Contains(own, reaction); {
	case m.Recalled:
		return fault.New(fault.TargetUnknown, "the message is recalled")
	case add == has:
		if repeat, err := s.reactedLately(ctx, user, peer, key, reaction, add); err != nil || repeat {
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
	told, rows := []string{user}, []rowMark{{user, peer, Mark{NowMs: now}}}
	if !m.PeerHid {
		told, rows = append(told, peer), append(rows, rowMark{peer, user, Mark{NowMs: now}})
	}
	entry := LogEntry{AtMs: now, Key: m.Key, Expires: m.Expires, By: user, Reaction: logged(reaction, add)}
	if err := s.announceAs(ctx, *m, entry, rows); err != nil {
		return err
	}
	done, err := s.Store.React(ctx, s.App, user, peer, key, reaction, add)
	if err != nil {
		return err
	}
	if !done {
		return fault.New(fault.TargetUnknown, "the message was changed in the meantime, read it again")
	}
	s.Out.Tell(ctx, told, by.Origin, Reacted{
		User: user, Peer: peer, From: m.From, To: m.To, Key: key, Reaction: reaction, Added: add, TimeMs: now,
	})
	return nil
}

// reactedLately reports whether a call that finds its work done is a repeat: what
// the user did last with the reaction, a short time ago, is the same.
func (s Service) reactedLately(ctx context.Context, user, peer string, key Key, reaction string, add bool) (bool, error) {
	q := LogRange{SinceMs: s.Now().Add(-Window).UnixMilli(), Limit: 100}
	done := ""
	for {
		page, err := s.Store.LogSince(ctx, s.App, user, peer, q)
		if err != nil {
			return false, err
		}
		for _, e := range page.Entries {
			if e.Key == key && e.By == user && len(e.Reaction) > 0 && e.Reaction[1:] == reaction {
				done = e.Reaction
			}
		}
		if page.Next == nil {
			return done == logged(reaction, add), nil
		}
		q.After = page.Next
	}
}

func logged(reaction string, add bool) string {
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

// Confirm sends read receipts: the reader has read messages of the sender that
// asked for one. Other messages, and those that have theirs, are passed over.
func (s Service) Confirm(ctx context.Context, by Actor, reader, sender string, keys []Key) error {
	if err := CheckKeys(keys); err != nil {
		return err
	}
	list, err := s.visible(ctx, reader, sender, keys, true)
	if err != nil {
		return err
	}
	now := s.Now().UnixMilli()
	event := Confirmed{Reader: reader, Sender: sender, TimeMs: now}
	var entries []LogEntry
	var confirm []func(context.Context) error
	for _, m := range list {
		if m == nil || m.From != sender || !m.NeedReceipt || m.ConfirmedMs != 0 || m.Recalled {
			continue
		}
		event.Keys = append(event.Keys, m.Key)
		entries = append(entries, LogEntry{AtMs: now, Key: m.Key, Only: sender, Expires: m.Expires})
		confirm = append(confirm, func(ctx context.Context) error { return s.Store.Confirm(ctx, s.App, *m, now) })
	}
	if len(entries) == 0 {
		return nil
	}
	err = s.Parallel(ctx,
		func(ctx context.Context) error { return s.Store.Mark(ctx, s.App, sender, reader, Mark{NowMs: now}) },
		func(ctx context.Context) error { return s.Store.Log(ctx, s.App, sender, reader, entries) },
	)
	if err != nil {
		return err
	}
	if err := s.Parallel(ctx, confirm...); err != nil {
		return err
	}
	s.Out.Tell(ctx, []string{sender}, by.Origin, event)
	return nil
}
