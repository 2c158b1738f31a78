package model

import (
	"context"
	"errors"
	"slices"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

// check compares what is stored, what was acknowledged and what every device has, after
// the quiet phase.
func (s *schedule) check(ctx context.Context) {
	rows := make(map[[2]string]inbox.Row)
	for _, u := range s.users {
		list, _, err := s.store.Inbox.RowsAfter(ctx, s.app, u, chat.ID{}, 1000, true)
		if err != nil {
			s.dbError = err
			return
		}
		for _, r := range list {
			rows[[2]string{u, r.Peer()}] = r
			s.note("check", "%s has %s: in %d out %d read %d (%d) peer read %d excluded from unread %d", u, r.Peer(), r.InOffset, r.OutOffset, r.ReadOffset, r.ReadMs, r.PeerReadOffset, r.UnreadExcluded)
		}
	}
	for i, a := range s.users {
		for _, b := range s.users[i+1:] {
			history, err := s.history(ctx, a, b)
			other, err2 := s.history(ctx, b, a)
			if err := errors.Join(err, err2); err != nil {
				s.dbError = err
				return
			}
			seen := map[string][]timeline.Message{a: history, b: other}
			for _, m := range history {
				s.note("check", "stored %v from %s, offset %d: %s %+v", m.Key, m.From, m.Offset, s.original(m), stateOf(v4.FromMessage(m)))
			}
			s.checkSends(a, b, history)
			s.checkOrder(history)
			for _, d := range []direction{{a, b}, {b, a}} {
				s.checkDirection(d, seen[d.to], s.readFolded(ctx, d.to, d.from), rows[[2]string{d.from, d.to}], rows[[2]string{d.to, d.from}])
				s.checkLast(d.to, d.from, seen[d.to], rows[[2]string{d.to, d.from}])
			}
			for _, d := range s.devices {
				switch d.user {
				case a:
					d.checkView(b, history, rows[[2]string{a, b}])
				case b:
					d.checkView(a, other, rows[[2]string{b, a}])
				}
			}
		}
	}
}

// A direction is one half of a conversation: the messages from one user to the other.
type direction struct{ from, to string }

// original is the text with which a message was first stored, before any edit.
func (s *schedule) original(m timeline.Message) string {
	text := s.bodies[schema.TimelinePK(s.app, m.Chat)+schema.MessageSK(m.Chat, m.Key)]
	c, err := content.Decode([]byte(text))
	if err != nil || len(c.Elements) == 0 {
		return ""
	}
	return textOf(c.Elements[0])
}

// checkLast checks that a row shows its last message as the message is now.
func (s *schedule) checkLast(user, peer string, history []timeline.Message, row inbox.Row) {
	if s.odds.collide {
		return // if a key is taken, the message is stored under another key than the row has
	}
	for _, m := range history {
		if row.LastKey == nil || *row.LastKey != m.Key || s.doubtful(user, peer, m.Key) || s.overlapped(m.Key) {
			continue
		}
		if m.Recalled != row.LastHasNoContent || (!m.Recalled && row.Preview != m.Preview()) {
			s.problem("the list of %s shows %v as %q (recalled %t), it is %q (recalled %t)", user, m.Key, row.Preview, row.LastHasNoContent, m.Preview(), m.Recalled)
		}
		if m.Hidden {
			s.problem("the list of %s shows %v, which the user has deleted", user, m.Key)
		}
	}
}

// history reads a timeline as the user a sees it, oldest message first.
func (s *schedule) history(ctx context.Context, a, b string) ([]timeline.Message, error) {
	q := timeline.HistoryRange{User: a, Chat: chat.Between(a, b), Limit: 1000}
	page, err := s.store.Timeline.Timeline(ctx, s.app, q)
	if err == nil && !page.Done {
		s.problem("a timeline has more than %d messages", q.Limit)
	}
	for i, j := 0, len(page.Messages)-1; i < j; i, j = i+1, j-1 {
		page.Messages[i], page.Messages[j] = page.Messages[j], page.Messages[i]
	}
	return page.Messages, err
}

// goesTo reports whether a send is a message of a direction.
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

// windowSeconds is the length of the idempotency window.
const windowSeconds = 120

// checkSends checks that every acknowledged message is stored (I1), and only once for
// all calls within the idempotency window (I3).
func (s *schedule) checkSends(a, b string, history []timeline.Message) {
	stored := make(map[key]timeline.Message)
	count := make(map[string]int)
	for _, m := range history {
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
				continue // if a key is taken, the message gets the key of a later second
			}
			switch {
			case !ok:
				s.problem("I1: %s is acknowledged as %v and not stored", l, at.receipt.Key)
			case m.From != l.from || s.original(m) != l.text || m.ExcludedFromUnread != l.noUnread:
				s.problem("I1: %s is acknowledged as %v, which is the message of %s with %q", l, at.receipt.Key, m.From, s.original(m))
			case !l.batch && m.Offset != at.receipt.Offset:
				s.problem("I1: %s is acknowledged with offset %d and stored with %d", l, at.receipt.Offset, m.Offset)
			}
			for _, other := range l.attempts[:i] {
				if other.done && l.sameIdentity(other, at) && other.receipt != at.receipt {
					s.problem("I3: %s is acknowledged as %+v and as %+v", l, other.receipt, at.receipt)
				}
			}
		}
		if last.Unix() >= first.Unix()+windowSeconds {
			s.stats["sends tried beyond the window"]++
			continue
		}
		if n := count[l.text]; n > 1 {
			s.problem("I3: %s is stored %d times", l, n)
		}
		if len(l.claims) > len(l.to) {
			s.problem("I3: %s has claimed %d offsets: %v", l, len(l.claims), l.claims)
		}
	}
}

// checkOrder checks the order of messages for which the server chose the sequence. If
// the send of one was answered before the send of the other began, it is the earlier one
// in the timeline, whoever sent them.
func (s *schedule) checkOrder(history []timeline.Message) {
	position := make(map[string]int)
	for i, m := range history {
		if text := s.original(m); position[text] == 0 {
			position[text] = i + 1
		} else {
			position[text] = len(history) + 1 // stored twice, as a repeat came after the window
		}
	}
	for _, a := range s.sends {
		for _, b := range s.sends {
			first, second := position[a.text], position[b.text]
			if !a.derived || !b.derived || s.odds.collide || first == 0 || second == 0 || max(first, second) > len(history) || !a.endedBefore(b) {
				continue
			}
			s.stats["orders checked"]++
			if first > second {
				s.problem("order: %s was answered before %s began, and is behind it in the timeline", a, b)
			}
		}
	}
}

// endedBefore reports whether all attempts of a send ended before those of another one
// began.
func (l *send) endedBefore(other *send) bool {
	for _, at := range l.attempts {
		for _, next := range other.attempts {
			if !at.ended.Before(next.begun) {
				return false
			}
		}
	}
	return true
}

// sameIdentity reports whether two answered attempts must have the same answer: one
// began after the other had ended, and ended within the window of the other.
func (l *send) sameIdentity(a, b attempt) bool {
	if b.begun.Before(a.begun) {
		a, b = b, a
	}
	return !b.begun.Before(a.ended) && b.ended.Unix() < a.receipt.Time+windowSeconds
}

// foldedExclusions is the part of a row's messages excluded from unread that the row
// has only as a count, up to an offset (docs/data-model.md §3, nu and nf).
type foldedExclusions struct{ count, until int64 }

// readFolded reads the folded exclusions of a row that are not read yet.
func (s *schedule) readFolded(ctx context.Context, user, peer string) foldedExclusions {
	row, err := getRow(ctx, s.app, user, peer)
	if err != nil {
		s.dbError = err
	}
	if number(row, "nf") <= number(row, "d") {
		return foldedExclusions{}
	}
	s.stats["counts folded"]++
	return foldedExclusions{count: number(row, "nu"), until: number(row, "nf")}
}

// checkDirection checks the offsets, the unread count and the read cursors of a
// direction (I5).
func (s *schedule) checkDirection(d direction, history []timeline.Message, old foldedExclusions, sender, receiver inbox.Row) {
	type fate struct {
		stored *timeline.Message
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
			if other, taken := fates[c.offset]; taken {
				s.problem("I5: offset %d from %s to %s is claimed by %s and by %s", c.offset, d.from, d.to, other.send, l)
			}
			fates[c.offset] = fate{send: l}
		}
	}
	if int64(len(fates)) != sender.OutOffset {
		s.problem("I5: %s has claimed %d offsets to %s, the row says %d", d.from, len(fates), d.to, sender.OutOffset)
	}
	for _, m := range history {
		if m.From != d.from {
			continue
		}
		f, ok := fates[m.Offset]
		if !ok || f.stored != nil || m.Offset > sender.OutOffset {
			s.problem("I5: %v from %s to %s has offset %d, which another message has or nobody claimed (the row says %d)", m.Key, d.from, d.to, m.Offset, sender.OutOffset)
		}
		f.stored = &m
		fates[m.Offset] = f
	}
	if receiver.InOffset > sender.OutOffset {
		s.problem("I5: %s has received %d of %d from %s", d.to, receiver.InOffset, sender.OutOffset, d.from)
	}
	var least, most int64
	for n := int64(1); n <= sender.OutOffset; n++ {
		f := fates[n]
		if f.send == nil {
			continue
		}
		acked := f.send.completed(d.to, n)
		if f.stored == nil {
			s.stats["offsets of sends that died"]++
			if acked {
				s.problem("I5: offset %d is claimed by %s, which is acknowledged, and no message is stored", n, f.send)
			}
		}
		if n > receiver.InOffset && acked {
			s.problem("I5: %s is acknowledged, and the row of %s has received up to %d, not up to %d", f.send, d.to, receiver.InOffset, n)
		}
		if n <= receiver.ExpiredOffset && acked {
			s.problem("I5: %s is acknowledged, and the row of %s takes everything up to %d as gone", f.send, d.to, receiver.ExpiredOffset)
		}
		if n <= max(receiver.ReadOffset, receiver.ExpiredOffset) || n > receiver.InOffset {
			continue
		}
		if f.stored != nil && f.stored.From == d.from {
			cleared := receiver.HiddenUpTo != nil && !receiver.HiddenUpTo.Before(f.stored.Key)
			if f.stored.Recalled || f.stored.Hidden {
				if !acked {
					most++ // an attempt that died may have counted it after it was recalled or deleted
				}
				continue
			}
			if cleared || s.doubtful(d.from, d.to, f.stored.Key, "recall", "hide") {
				most++
				continue
			}
		}
		switch {
		case !f.send.noUnread:
			least, most = least+1, most+1
		case !acked || (n <= old.until && len(f.send.attempts) > 1):
			// The receiver's row may not know that the message is excluded from unread:
			// the attempt died, or wrote so late that the row cannot distinguish it from
			// a repeat.
			most++
		}
	}
	if receiver.ReadOffset > 0 {
		least -= old.count // some of these may be read
	}
	if got := receiver.Unread(); got < least || got > most {
		s.problem("I5: %s has %d unread from %s, want %d to %d (in %d, read %d, excluded from unread %d)", d.to, got, d.from, least, most, receiver.InOffset, receiver.ReadOffset, receiver.UnreadExcluded)
	}
	if sender.PeerReadOffset > receiver.ReadOffset {
		s.problem("I5: the row of %s says that %s has read up to %d, who has read up to %d", d.from, d.to, sender.PeerReadOffset, receiver.ReadOffset)
	}
	if receiver.ReadMs > 0 && sender.PeerReadOffset < receiver.ReadOffset && !s.readsGivenUp[[2]string{d.to, d.from}] {
		s.problem("I5: the row of %s says that %s has read up to %d, who has read up to %d and has repeated the call", d.from, d.to, sender.PeerReadOffset, receiver.ReadOffset)
	}
}

// checkRaces looks at the devices that are online, before the quiet phase. A device that
// has synchronized, and for which no frame was lost, has every message that was sent
// meanwhile, or knows of its offset. Example: a device connects while a message is sent.
// If the session is written first, the message comes by a frame. If the send writes
// first, the message comes by the sync (docs/data-model.md §5).
func (s *schedule) checkRaces(ctx context.Context) {
	list, err := s.store.Sessions.Sessions(ctx, s.app, s.users)
	if err != nil {
		s.problem("sessions: %v", err)
		return
	}
	for _, d := range s.devices {
		if d.receive(len(d.inbox)); !d.online() || !d.synced || d.missedFrame || d.renewalFailed {
			continue
		}
		hasSlot := false
		for _, session := range list {
			for _, slot := range session.Devices {
				hasSlot = hasSlot || slot.Current.ID == d.conn.id
			}
		}
		if !hasSlot {
			// The function that gave the slot to another device, or that opened the next
			// connection of this one, died before its end.
			s.stats["devices connected without a slot"]++
			continue
		}
		s.stats["devices checked before the quiet phase"]++
		for _, l := range s.sends {
			for _, at := range l.attempts {
				for _, to := range l.to {
					if !at.done || at.callFailed || at.by == d || l.batch && s.odds.collide || (d.user != l.from && d.user != to) {
						continue
					}
					v, o := d.view(l.from), &d.view(l.from).in
					if d.user == l.from {
						v, o = d.view(to), &d.view(to).out
					}
					k := at.receipt.Key
					if _, ok := v.messages[k]; !ok && l.offset(at, to) > o.top {
						s.problem("I4: %s is online and does not know of %v, %s", d.instance, k, l)
					}
				}
			}
		}
	}
}

// offset is the offset of the message of an attempt in a conversation. If a send is
// repeated after its window, it makes another message with another offset.
func (l *send) offset(at attempt, peer string) int64 {
	if !l.batch {
		return at.receipt.Offset
	}
	i := slices.IndexFunc(l.claims, func(c claim) bool { return c.peer == peer && c.second == at.receipt.Time })
	return l.claims[i].offset
}

// completed reports whether some attempt was answered that must have completed the claim
// of an offset.
func (l *send) completed(peer string, offset int64) bool {
	for i, c := range l.claims {
		if c.peer != peer || c.offset != offset {
			continue
		}
		for _, at := range l.attempts {
			if at.done && at.claims > i && at.ended.Unix() < c.second+windowSeconds {
				return true
			}
		}
	}
	return false
}

// checkView checks that a device has exactly what is stored, each message once and in
// order (I4), and the read cursors of both users (I5).
func (d *device) checkView(peer string, history []timeline.Message, row inbox.Row) {
	s, v := d.s, d.view(peer)
	keys, at := v.sorted(), 0
	for _, m := range history {
		hidden := m.Hidden || (row.HiddenUpTo != nil && !row.HiddenUpTo.Before(m.Key))
		counted := m.From == d.user || m.Offset <= row.InOffset
		if at < len(keys) && keys[at] == m.Key {
			w := v4.FromMessage(m)
			want := heldMessage{from: m.From, offset: m.Offset, noUnread: m.ExcludedFromUnread, state: stateOf(w)}
			h := v.messages[m.Key]
			if m.From != d.user {
				h.confirmed, want.confirmed = false, false // only the sender gets receipts
			}
			if h != want {
				s.problem("I4: %s has %v as %+v, stored is %+v", d.instance, m.Key, h, want)
			}
			if hidden {
				s.problem("I4: %s has %v, which its user has deleted", d.instance, m.Key)
			}
			at++
		} else if counted && !hidden {
			s.problem("I4: %s does not have %v from %s to %s, offset %d (%s)", d.instance, m.Key, m.From, m.To(), m.Offset, s.original(m))
		}
	}
	if at < len(keys) {
		s.problem("I4: %s has %v with %s, which is not stored", d.instance, keys[at], peer)
	}
	if v.read != row.ReadOffset {
		s.problem("I5: %s has the read cursor %d for %s, the row says %d", d.instance, v.read, peer, row.ReadOffset)
	}
	if v.peerRead != row.PeerReadOffset {
		s.problem("I5: %s has the read cursor %d of %s, the row says %d", d.instance, v.peerRead, peer, row.PeerReadOffset)
	}
}
