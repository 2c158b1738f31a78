package model

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
)

// A device is a client that follows docs/client-protocol.md. It keeps what it has
// received when its connection ends.
type device struct {
	s        *schedule
	user     string
	instance string
	platform sessions.Platform

	conn          *conn
	synced        bool // it has synchronized since it lost the connection before this one
	missedFrame   bool // a frame for it was lost since it began its last sync
	renewalFailed bool // a renewal failed, so it must synchronize after the next connect
	inbox         []frame
	since         int64
	views         map[string]*view
	pending       []read // calls of message.read whose answer is not known
	seq           uint32
}

// A view is what a device has of a conversation.
type view struct {
	messages  map[key]heldMessage
	deleted   map[key]bool // messages that the device's user has deleted
	recalled  map[key]bool // messages that the device knows to be recalled
	changedMs int64        // when a message was last changed, as the row says
	cleared   *key
	in, out   offsets
	read      int64 // read cursor of the device's user
	peerRead  int64 // read cursor of the peer
}

// offsets finds the gaps in one direction of a conversation.
type offsets struct {
	have    map[int64]key
	givenUp map[int64]bool // the device has no message for it and does not look for one; have has another key
	top     int64          // the last offset that the device knows of
}

func newOffsets() offsets {
	return offsets{have: make(map[int64]key), givenUp: make(map[int64]bool)}
}

// A heldMessage is a message that a device has.
type heldMessage struct {
	from     string
	offset   int64
	noUnread bool
	state
}

// A state is what happened to a message later, as far as a device knows.
type state struct {
	text      string
	edited    int64
	recalled  bool
	confirmed bool
	reactions string
}

// stateOf is the state that a message from the server says.
func stateOf(m v4.Message) state {
	st := state{edited: m.EditedMs, recalled: m.Flags == v4.FlagRecalled, confirmed: m.PeerRead == 1}
	if len(m.Body) > 0 {
		st.text = string(m.Body[0].Content)
	}
	if m.Reactions != nil {
		st.reactions = fmt.Sprint(m.Reactions)
	}
	return st
}

// A read is a call of message.read; a nil upTo reads everything.
type read struct {
	peer string
	upTo *int64
}

func newDevice(s *schedule, user, instance string, platform sessions.Platform) *device {
	return &device{s: s, user: user, instance: instance, platform: platform, views: make(map[string]*view), seq: uint32(s.rng.IntN(3))}
}

func (d *device) online() bool { return d.conn != nil && d.conn.state == open }

// view returns the conversation with a peer.
func (d *device) view(peer string) *view {
	v := d.views[peer]
	if v == nil {
		v = &view{messages: make(map[key]heldMessage), deleted: make(map[key]bool), recalled: make(map[key]bool), in: newOffsets(), out: newOffsets()}
		d.views[peer] = v
	}
	return v
}

// missing returns the offsets of messages that exist and that the device does not have.
func (o *offsets) missing() (list []int64) {
	for n := int64(1); n <= o.top; n++ {
		if _, ok := o.have[n]; !ok {
			list = append(list, n)
		}
	}
	return list
}

// around returns the keys of the messages on both sides of a gap.
func (o *offsets) around(first, last int64) (after, before *key) {
	for n := first - 1; n > 0 && after == nil; n-- {
		if k, ok := o.have[n]; ok {
			after = &k
		}
	}
	for n := last + 1; n <= o.top && before == nil; n++ {
		if k, ok := o.have[n]; ok {
			before = &k
		}
	}
	return after, before
}

func (v *view) gapped() bool { return len(v.in.missing())+len(v.out.missing()) > 0 }

// addMessage adds a message to its view. If the view has it already, both must be equal,
// except for their states: a state from history or from the log of changes replaces an
// older one, that of a frame or an answer does not.
func (d *device) addMessage(m v4.Message, how string) {
	peer, side := m.From, "in"
	if m.From == d.user {
		peer, side = m.To, "out"
	}
	v := d.view(peer)
	o := map[string]*offsets{"in": &v.in, "out": &v.out}[side]
	k := key{Time: m.Time, Seq: m.Seq, Random: m.Random}
	h := heldMessage{from: m.From, offset: m.Ordinal, noUnread: m.NoUnread, state: stateOf(m)}
	old, known := v.messages[k]
	if known && (old.from != h.from || old.offset != h.offset || old.noUnread != h.noUnread) {
		d.s.problem("I3: %s has %v as %+v and gets %+v by %s", d.instance, k, old, h, how)
	}
	if old, ok := o.have[m.Ordinal]; ok && old != k && !o.givenUp[m.Ordinal] {
		d.s.problem("I5: offset %d of %s at %s is %v and %v", m.Ordinal, m.From, d.instance, old, k)
	}
	o.have[m.Ordinal], o.top = k, max(o.top, m.Ordinal)
	delete(o.givenUp, m.Ordinal)
	if known && !h.recalled && (how == "frame" || how == "ack" || h.edited < old.edited) {
		h.state = old.state
	}
	if h.recalled = h.recalled || old.recalled || v.recalled[k]; h.recalled {
		h.state = state{recalled: true, confirmed: h.confirmed}
	}
	if h.confirmed = h.confirmed || old.confirmed; !v.hides(k) {
		v.messages[k] = h
	}
}

// hides reports whether the device's user has deleted or cleared a message.
func (v *view) hides(k key) bool {
	return v.deleted[k] || (v.cleared != nil && !v.cleared.Before(k))
}

// remove removes messages from the view for good.
func (v *view) remove(keys ...key) {
	for _, k := range keys {
		v.deleted[k] = true
		delete(v.messages, k)
	}
}

// clear removes all messages up to a key from the view.
func (v *view) clear(upTo *key) {
	if upTo == nil || (v.cleared != nil && !v.cleared.Before(*upTo)) {
		return
	}
	v.cleared = upTo
	for k := range v.messages {
		if v.hides(k) {
			delete(v.messages, k)
		}
	}
}

// receive handles up to n of the frames that have arrived, in any order.
func (d *device) receive(n int) {
	for range min(n, len(d.inbox)) {
		i := d.s.rng.IntN(len(d.inbox))
		f := d.inbox[i]
		d.inbox = slices.Delete(d.inbox, i, i+1)
		d.s.note(d.instance, "gets %s %s", f.Event, f.Body)
		switch f.Event {
		case "message.new":
			var m v4.Message
			if err := json.Unmarshal(f.Body, &m); err != nil {
				d.s.problem("frame: %v", err)
				return
			}
			d.addMessage(m, "frame")
		case "message.read":
			var m readFrame
			if err := json.Unmarshal(f.Body, &m); err != nil {
				d.s.problem("frame: %v", err)
				return
			}
			if m.Reader == d.user {
				v := d.view(m.Peer)
				v.read = max(v.read, m.Ordinal)
			} else {
				v := d.view(m.Reader)
				v.peerRead = max(v.peerRead, m.Ordinal)
			}
		default:
			d.receiveChange(f)
		}
	}
}

// sync asks which conversations have changed, and pulls what is missing. It succeeds
// only if all its calls are answered. The next sync begins at Since of the first page.
// A row that moves to the front between two pages is on neither of them. So after
// several pages the device asks once more for what changed since the first page, which
// fits on one page.
func (d *device) sync(ctx context.Context, a *actor) {
	pages := d.syncPages(ctx, a, 1+d.s.rng.IntN(2))
	if pages > 1 {
		pages = d.syncPages(ctx, a, 100)
	}
	d.synced = d.synced || pages > 0
}

// syncPages does a sync and returns how many pages it read, or 0 if an answer was lost.
func (d *device) syncPages(ctx context.Context, a *actor, limit int) int {
	s, pages := d.s, 0
	var cursor *inbox.Position
	var since int64
	missedFrame := d.missedFrame
	d.missedFrame = false
	for first := true; first || cursor != nil; first = false {
		var page inbox.Synced
		known, _ := s.invoke(ctx, a, "sync", nil, func(ctx context.Context) error {
			var err error
			page, err = s.t.Inbox.Sync(ctx, d.user, d.since, inbox.PageRequest{After: cursor, Limit: limit})
			if first {
				since = page.SinceMs
			}
			return err
		})
		if !known {
			d.missedFrame = d.missedFrame || missedFrame
			return 0
		}
		s.stats["syncs"]++
		pages++
		for _, r := range page.Rows {
			d.takeRow(r)
		}
		cursor = page.Next
	}
	for _, peer := range s.users {
		if v := d.views[peer]; v != nil && v.changedMs > 0 && v.changedMs >= d.since && !d.pullChanges(ctx, a, peer) {
			d.missedFrame = d.missedFrame || missedFrame
			return 0
		}
	}
	d.since = since
	for _, peer := range s.users {
		if v := d.views[peer]; v != nil && v.gapped() {
			d.fillGaps(ctx, a, peer)
		}
	}
	return pages
}

// takeRow learns offsets and read cursors from a row.
func (d *device) takeRow(r inbox.Row) {
	v := d.view(r.Peer())
	d.s.note(d.instance, "row of %s: in %d out %d read %d peer read %d unread %d", r.Peer(), r.InOffset, r.OutOffset, r.ReadOffset, r.PeerReadOffset, r.Unread())
	v.in.top, v.out.top = max(v.in.top, r.InOffset), max(v.out.top, r.OutOffset)
	v.changedMs = r.OperationLogMs
	v.clear(r.HiddenUpTo)
	v.read, v.peerRead = max(v.read, r.ReadOffset), max(v.peerRead, r.PeerReadOffset)
}

// fillGaps pulls the missing messages of a conversation. It first asks for what lies
// between the messages on both sides of the gaps. If messages are still missing, it asks
// with some seconds of slack on both sides, because the order of keys need not be the
// order of offsets. Example: offset 3 has the key 5_1_100 and offset 4 the key 2_1_100,
// as the sender chose the sequences 5 and 2 within one second.
func (d *device) fillGaps(ctx context.Context, a *actor, peer string) {
	v := d.view(peer)
	v.skipCleared()
	for _, slack := range []int64{-1, 2, 140} {
		before := len(v.messages)
		if !d.pullHistory(ctx, a, peer, slack) {
			return
		}
		if len(v.messages) > before {
			d.s.stats[fmt.Sprintf("gaps filled, slack %d s", max(slack, 0))]++
		}
		if !v.gapped() {
			return
		}
	}
}

// gap returns the range of keys that contains all missing messages of both directions.
func (v *view) gap() (after, before *key) {
	first := true
	for _, o := range []*offsets{&v.in, &v.out} {
		missing := o.missing()
		if len(missing) == 0 {
			continue
		}
		f, b := o.around(missing[0], missing[len(missing)-1])
		if first || after != nil && (f == nil || f.Before(*after)) {
			after = f
		}
		if first || before != nil && (b == nil || before.Before(*b)) {
			before = b
		}
		first = false
	}
	return after, before
}

// pullHistory reads the history of the gap, page by page. It returns false if an answer
// was lost.
func (d *device) pullHistory(ctx context.Context, a *actor, peer string, slack int64) bool {
	s, v := d.s, d.view(peer)
	after, before := v.gap()
	if slack >= 0 && after != nil {
		after = &key{Time: max(0, after.Time-slack)}
	}
	if slack >= 0 && before != nil {
		before = &key{Time: before.Time + slack, Seq: 1<<32 - 1, Random: 1<<32 - 1}
	}
	for {
		var h timeline.History
		known, _ := s.invoke(ctx, a, fmt.Sprintf("history of %s between %v and %v", peer, after, before), nil, func(ctx context.Context) (err error) {
			h, err = s.t.Timeline.History(ctx, timeline.HistoryRange{User: d.user, Chat: chat.Between(d.user, peer), After: after, Before: before, Limit: s.odds.page})
			return err
		})
		if !known {
			return false
		}
		s.stats["history pages"]++
		for i, m := range h.Messages {
			if i > 0 && !h.Messages[i-1].Before(m.Key) {
				s.problem("I4: history of %s and %s: %v is before %v", d.user, peer, h.Messages[i-1].Key, m.Key)
			}
			d.addMessage(v4.FromMessage(m), "history")
		}
		if h.Complete {
			return true
		}
		if h.Next == nil || (before != nil && !h.Next.Before(*before)) {
			s.problem("I4: history of %s and %s: not complete before %v, next %v", d.user, peer, before, h.Next)
			return false
		}
		before = h.Next
	}
}

// markRead reads messages of a peer. Mostly it names an offset that the device has, as
// a client does, and sometimes one that it does not have, as only a broken client does.
func (d *device) markRead(ctx context.Context, a *actor) {
	var with []string
	for _, u := range d.s.users {
		if v := d.views[u]; v != nil && len(v.in.have) > 0 {
			with = append(with, u)
		}
	}
	if len(with) == 0 {
		return
	}
	r := read{peer: with[d.s.rng.IntN(len(with))]}
	v := d.view(r.peer)
	switch d.s.rng.IntN(5) {
	case 0, 1, 2:
		all := make([]int64, 0, len(v.in.have))
		for n := range v.in.have {
			all = append(all, n)
		}
		slices.Sort(all)
		n := all[len(all)-1]
		if d.s.rng.IntN(3) == 0 {
			n = all[d.s.rng.IntN(len(all))]
		}
		r.upTo = &n
	case 3:
		n := v.in.top + int64(d.s.rng.IntN(3)) - 1
		n = max(n, 0)
		r.upTo = &n
	}
	d.callRead(ctx, a, r)
}

// callRead makes one call of message.read.
func (d *device) callRead(ctx context.Context, a *actor, r read) {
	name := "read all of " + r.peer
	if r.upTo != nil {
		name = fmt.Sprintf("read %s up to %d", r.peer, *r.upTo)
	}
	var cursor inbox.ReadCursorMoved
	origin := delivery.Origin{User: d.user, Instance: d.instance}
	known, _ := d.s.invoke(ctx, a, name, nil, func(ctx context.Context) (err error) {
		cursor, err = d.s.t.Inbox.MarkRead(ctx, d.user, chat.Between(d.user, r.peer), r.upTo, origin)
		return err
	})
	d.s.stats["reads"]++
	if !known {
		d.pending = append(d.pending, r)
		return
	}
	v := d.view(r.peer)
	v.read = max(v.read, cursor.Offset)
}

// repeatReads repeats the calls of message.read whose answers were lost, or gives them
// up.
func (d *device) repeatReads(ctx context.Context, a *actor) {
	again := d.pending
	d.pending = nil
	for _, r := range again {
		if d.s.rng.IntN(4) == 0 {
			d.s.readsGivenUp[[2]string{d.user, r.peer}] = true
			continue
		}
		d.s.stats["reads repeated"]++
		d.callRead(ctx, a, r)
	}
}

// sorted returns the keys of a view in order.
func (v *view) sorted() []key {
	list := make([]key, 0, len(v.messages))
	for k := range v.messages {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Random, b.Random))
	})
	return list
}
