package model

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/store"
)

// check compares what is stored, what was acknowledged and what every device
// holds, once everything is quiet.
func (s *schedule) check(ctx context.Context) {
	rows := make(map[[2]string]conversations.Row)
	for _, u := range s.users {
		list, _, err := s.store.Rows(ctx, s.app, u, "", 1000, true)
		if err != nil {
			s.broken = err
			return
		}
		for _, r := range list {
			rows[[2]string{u, r.Peer}] = r
			s.note("check", "%s has %s: in %d out %d read %d (%d) peer read %d quiet %d", u, r.Peer, r.In, r.Out, r.Read, r.ReadMs, r.PeerRead, r.Quiet)
		}
	}
	for i, a := range s.users {
		for _, b := range s.users[i+1:] {
			timeline, err := s.timeline(ctx, a, b)
			other, err2 := s.timeline(ctx, b, a)
			if err := errors.Join(err, err2); err != nil {
				s.broken = err
				return
			}
			seen := map[string][]messages.Message{a: timeline, b: other}
			for _, m := range timeline {
				s.note("check", "stored %v from %s, ordinal %d: %s %+v", m.Key, m.From, m.Ordinal, s.original(m), stateOf(v4.FromMessage(m)))
			}
			s.checkSends(a, b, timeline)
			s.checkOrder(timeline)
			for _, d := range []direction{{a, b}, {b, a}} {
				s.checkDirection(d, seen[d.to], s.folded(ctx, d.to, d.from), rows[[2]string{d.from, d.to}], rows[[2]string{d.to, d.from}])
				s.checkLast(d.to, d.from, seen[d.to], rows[[2]string{d.to, d.from}])
			}
			for _, d := range s.devices {
				switch d.user {
				case a:
					d.checkView(b, timeline, rows[[2]string{a, b}])
				case b:
					d.checkView(a, other, rows[[2]string{b, a}])
				}
			}
		}
	}
}

type direction struct{ from, to string }

// original is the text that a message was stored with.
func (s *schedule) original(m messages.Message) string {
	var b struct{ MsgBody []messages.Element }
	text := s.texts[store.TimelinePK(s.app, m.From, m.To)+store.MessageSK(m.Key)]
	if json.Unmarshal([]byte(text), &b) != nil || len(b.MsgBody) == 0 {
		return ""
	}
	return textOf(b.MsgBody[0])
}

// checkLast: a list shows its last message as it is.
func (s *schedule) checkLast(user, peer string, timeline []messages.Message, row conversations.Row) {
	if s.odds.collide {
		return // a message that meets another of its key stands elsewhere than the list says
	}
	for _, m := range timeline {
		if row.LastKey == nil || *row.LastKey != m.Key || s.doubtful(user, peer, m.Key) || s.overlapped(m.Key) {
			continue
		}
		if m.Recalled != row.LastGone || (!m.Recalled && row.Preview != m.Preview()) {
			s.problem("the list of %s shows %v as %q (gone %t), it is %q (gone %t)", user, m.Key, row.Preview, row.LastGone, m.Preview(), m.Recalled)
		}
		if m.Hidden {
			s.problem("the list of %s shows %v, which is deleted", user, m.Key)
		}
	}
}

func (s *schedule) timeline(ctx context.Context, a, b string) ([]messages.Message, error) {
	q := messages.Range{User: a, Peer: b, Limit: 1000}
	page, err := s.store.Timeline(ctx, s.app, q)
	if err == nil && !page.Done {
		s.problem("timeline of more than %d messages", q.Limit)
	}
	for i, j := 0, len(page.Messages)-1; i < j; i, j = i+1, j-1 {
		page.Messages[i], page.Messages[j] = page.Messages[j], page.Messages[i]
	}
	return page.Messages, err
}

// goesTo reports whether a send goes from one user to the other.
func (l *send) goesTo(d direction) bool {
	if l.from != d.from {
		return false
	}
	for _, u := range l.to {
		if u == d.to {
			return true
		}
	}
	return false
}

const window = 120 // seconds

// checkSends: what was acknowledged is stored (I1), once for all calls within
// the window (I3).
func (s *schedule) checkSends(a, b string, timeline []messages.Message) {
	stored := make(map[key]messages.Message)
	count := make(map[string]int)
	for _, m := range timeline {
		stored[m.Key] = m
		count[s.original(m)]++
	}
	for _, l := range s.sends {
		if !l.goesTo(direction{a, b}) && !l.goesTo(direction{b, a}) {
			continue
		}
		var first, last time.Time
		for i, at := range l.attempts {
			if i == 0 || at.begun.Before(first) {
				first = at.begun
			}
			if i == 0 || at.ended.After(last) {
				last = at.ended
			}
			if !at.done {
				continue
			}
			m, ok := stored[at.receipt.Key]
			if l.batch && s.odds.collide {
				continue // one that meets another of its key has a later second of its own
			}
			switch {
			case !ok:
				s.problem("I1: %s is acknowledged as %v and not stored", l, at.receipt.Key)
			case m.From != l.from || s.original(m) != l.text || m.NoUnread != l.quiet:
				s.problem("I1: %s is acknowledged as %v, where %s has stored %q", l, at.receipt.Key, m.From, s.original(m))
			case !l.batch && m.Ordinal != at.receipt.Ordinal:
				s.problem("I1: %s is acknowledged with ordinal %d and stored with %d", l, at.receipt.Ordinal, m.Ordinal)
			}
			for _, other := range l.attempts[:i] {
				if other.done && l.same(other, at) && other.receipt != at.receipt {
					s.problem("I3: %s is acknowledged as %+v and as %+v", l, other.receipt, at.receipt)
				}
			}
		}
		if last.Unix() >= first.Unix()+window {
			s.stats["sends tried beyond the window"]++
			continue
		}
		if n := count[l.text]; n > 1 {
			s.problem("I3: %s is stored %d times", l, n)
		}
		if len(l.claims) > len(l.to) {
			s.problem("I3: %s has claimed %d ordinals: %v", l, len(l.claims), l.claims)
		}
	}
}

// checkOrder: of two messages without a sequence of their sender's, of either
// user, the one that was sent when the other had been answered stands later.
func (s *schedule) checkOrder(timeline []messages.Message) {
	place := make(map[string]int)
	for i, m := range timeline {
		if text := s.original(m); place[text] == 0 {
			place[text] = i + 1
		} else {
			place[text] = len(timeline) + 1 // sent beyond its window: stored again
		}
	}
	for _, a := range s.sends {
		for _, b := range s.sends {
			first, second := place[a.text], place[b.text]
			if !a.derived || !b.derived || s.odds.collide || first == 0 || second == 0 || max(first, second) > len(timeline) || !a.over(b) {
				continue
			}
			s.stats["orders checked"]++
			if first > second {
				s.problem("order: %s was answered before %s was begun, and stands behind it", a, b)
			}
		}
	}
}

// over reports whether all attempts of a send ended before those of another began.
func (l *send) over(other *send) bool {
	for _, at := range l.attempts {
		for _, next := range other.attempts {
			if !at.ended.Before(next.begun) {
				return false
			}
		}
	}
	return true
}

// same reports whether two attempts that were answered must have one identity:
// one began when the other had ended, and ended within its window.
func (l *send) same(a, b attempt) bool {
	if b.begun.Before(a.begun) {
		a, b = b, a
	}
	return !b.begun.Before(a.ended) && b.ended.Unix() < a.receipt.Time+window
}

// folded is what a row knows of its messages that do not count as unread only by
// their number, up to an ordinal (docs/data-model.md §5).
type folded struct{ count, until int64 }

func (s *schedule) folded(ctx context.Context, user, peer string) folded {
	row, err := getRow(ctx, s.app, user, peer)
	if err != nil {
		s.broken = err
	}
	if number(row, "nf") <= number(row, "d") {
		return folded{}
	}
	s.stats["counts folded"]++
	return folded{count: number(row, "nu"), until: number(row, "nf")}
}

// checkDirection: the ordinals, the unread count and the read positions (I5).
func (s *schedule) checkDirection(d direction, timeline []messages.Message, old folded, sender, receiver conversations.Row) {
	type fate struct {
		stored *messages.Message
		send   *send
	}
	fates := make(map[int64]fate)
	for _, l := range s.sends {
		if !l.goesTo(d) {
			continue
		}
		for _, c := range l.claims {
			if c.peer != d.to {
				continue
			}
			if other, taken := fates[c.ordinal]; taken {
				s.problem("I5: ordinal %d from %s to %s is given to %s and to %s", c.ordinal, d.from, d.to, other.send, l)
			}
			fates[c.ordinal] = fate{send: l}
		}
	}
	if int64(len(fates)) != sender.Out {
		s.problem("I5: %s has claimed %d ordinals to %s, the counter says %d", d.from, len(fates), d.to, sender.Out)
	}
	for _, m := range timeline {
		if m.From != d.from {
			continue
		}
		f, ok := fates[m.Ordinal]
		if !ok || f.stored != nil || m.Ordinal > sender.Out {
			s.problem("I5: %v from %s to %s has ordinal %d, which is of another or of none (counter %d)", m.Key, d.from, d.to, m.Ordinal, sender.Out)
		}
		f.stored = &m
		fates[m.Ordinal] = f
	}
	if receiver.In > sender.Out {
		s.problem("I5: %s has received %d of %d from %s", d.to, receiver.In, sender.Out, d.from)
	}
	var least, most int64
	for n := int64(1); n <= sender.Out; n++ {
		f := fates[n]
		if f.send == nil {
			continue
		}
		acked := f.send.completed(d.to, n)
		if f.stored == nil {
			s.stats["ordinals of dead sends"]++
			if acked {
				s.problem("I5: ordinal %d of %s is used up and nothing is stored", n, f.send)
			}
		}
		if n > receiver.In && acked {
			s.problem("I5: %s is acknowledged, and %s counts only %d of %d", f.send, d.to, receiver.In, n)
		}
		if n <= receiver.Skipped && acked {
			s.problem("I5: %s is taken as gone when the count of %s begins at %d", f.send, d.to, receiver.Skipped)
		}
		if n <= max(receiver.Read, receiver.Skipped) || n > receiver.In {
			continue
		}
		if f.stored != nil && f.stored.From == d.from {
			cleared := receiver.Cleared != nil && !receiver.Cleared.Before(f.stored.Key)
			if f.stored.Recalled || f.stored.Hidden {
				if !acked {
					most++ // a try that died may have counted it after it was gone
				}
				continue
			}
			if cleared || s.doubtful(d.from, d.to, f.stored.Key, "recall", "hide") {
				most++
				continue
			}
		}
		switch {
		case !f.send.quiet:
			least, most = least+1, most+1
		case !acked || (n <= old.until && len(f.send.attempts) > 1):
			// Its receiver may or may not have been told that it is not to be counted,
			// or been told so late that it cannot tell it from a repeat.
			most++
		}
	}
	if receiver.Read > 0 {
		least -= old.count // some of which may be read
	}
	if got := receiver.Unread(); got < least || got > most {
		s.problem("I5: %s has %d unread from %s, want %d to %d (in %d, read %d, quiet %d)", d.to, got, d.from, least, most, receiver.In, receiver.Read, receiver.Quiet)
	}
	if sender.PeerRead > receiver.Read {
		s.problem("I5: %s is told that %s has read %d, which has read %d", d.from, d.to, sender.PeerRead, receiver.Read)
	}
	if receiver.ReadMs > 0 && sender.PeerRead < receiver.Read && !s.gave[[2]string{d.to, d.from}] {
		s.problem("I5: %s is told that %s has read %d, which has read %d and said so again", d.from, d.to, sender.PeerRead, receiver.Read)
	}
}

// checkRaces looks at the devices that are online before anything is healed: one
// that has synchronized, and whose frames were all taken, holds every message
// that was sent meanwhile or knows that it misses one. Whichever came first, the
// write of its session or the writes of a send, the message came by a frame or
// by its sync (docs/data-model.md §5).
func (s *schedule) checkRaces(ctx context.Context) {
	list, err := s.store.Sessions(ctx, s.app, s.users)
	if err != nil {
		s.problem("sessions: %v", err)
		return
	}
	for _, d := range s.devices {
		if d.receive(len(d.inbox)); !d.online() || !d.synced || d.lossy || d.stray {
			continue
		}
		held := false
		for _, session := range list {
			for _, slot := range session.Devices {
				held = held || slot.Now.Connection == d.conn.id
			}
		}
		if !held {
			// The function that gave its slot away, or opened its next connection, died half way.
			s.stats["devices connected without a slot"]++
			continue
		}
		s.stats["devices checked before the quiet phase"]++
		for _, l := range s.sends {
			for _, at := range l.attempts {
				for _, to := range l.to {
					if !at.done || at.missed || at.by == d || l.batch && s.odds.collide || (d.user != l.from && d.user != to) {
						continue
					}
					v, o := d.view(l.from), &d.view(l.from).in
					if d.user == l.from {
						v, o = d.view(to), &d.view(to).out
					}
					k := at.receipt.Key
					if _, ok := v.messages[k]; !ok && l.ordinal(at, to) > o.top {
						s.problem("I4: %s is online and knows nothing of %v, %s", d.instance, k, l)
					}
				}
			}
		}
	}
}

// ordinal is the one that the message of an attempt has in a conversation. A send
// that is tried again beyond its window is another message there, with another.
func (l *send) ordinal(at attempt, peer string) int64 {
	if !l.batch {
		return at.receipt.Ordinal
	}
	i := slices.IndexFunc(l.claims, func(c claim) bool { return c.peer == peer && c.second == at.receipt.Time })
	return l.claims[i].ordinal
}

// completed reports whether an attempt was answered that must have completed
// the claim of an ordinal.
func (l *send) completed(peer string, ordinal int64) bool {
	for i, c := range l.claims {
		if c.peer != peer || c.ordinal != ordinal {
			continue
		}
		for _, at := range l.attempts {
			if at.done && at.claims > i && at.ended.Unix() < c.second+window {
				return true
			}
		}
	}
	return false
}

// checkView: a device holds what is stored, each message once and in order (I4),
// and the read positions of both sides.
func (d *device) checkView(peer string, timeline []messages.Message, row conversations.Row) {
	s, v := d.s, d.view(peer)
	keys, at := v.sorted(), 0
	for _, m := range timeline {
		hidden := m.Hidden || (row.Cleared != nil && !row.Cleared.Before(m.Key))
		told := m.From == d.user || m.Ordinal <= row.In
		if at < len(keys) && keys[at] == m.Key {
			w := v4.FromMessage(m)
			want := held{from: m.From, ordinal: m.Ordinal, quiet: m.NoUnread, state: stateOf(w)}
			h := v.messages[m.Key]
			if m.From != d.user {
				h.confirmed, want.confirmed = false, false // the sender alone is told of a receipt
			}
			if h != want {
				s.problem("I4: %s holds %v as %+v, stored is %+v", d.instance, m.Key, h, want)
			}
			if hidden {
				s.problem("I4: %s holds %v, which its user has deleted", d.instance, m.Key)
			}
			at++
		} else if told && !hidden {
			s.problem("I4: %s misses %v from %s to %s, ordinal %d (%s)", d.instance, m.Key, m.From, m.To, m.Ordinal, s.original(m))
		}
	}
	if at < len(keys) {
		s.problem("I4: %s holds %v with %s, which is not stored there", d.instance, keys[at], peer)
	}
	if v.read != row.Read {
		s.problem("I5: %s holds %d of %s as read, the row says %d", d.instance, v.read, peer, row.Read)
	}
	if v.peerRead != row.PeerRead {
		s.problem("I5: %s holds that %s has read %d, the row says %d", d.instance, peer, v.peerRead, row.PeerRead)
	}
}
