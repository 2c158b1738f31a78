package model

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/sessions"
)

// A device is a client as docs/client-protocol.md wants it. What it holds
// outlives its connections.
type device struct {
	s        *schedule
	user     string
	instance string
	platform sessions.Platform

	conn    *conn
	synced  bool // since the connection before this one was lost
	lossy   bool // a frame for it was lost since it began its last sync
	stray   bool // a renewal failed: the next connection synchronizes
	inbox   []frame
	since   int64
	views   map[string]*view
	pending []read // marks whose answer is not known
	seq     uint32
}

// A view is a conversation as a device holds it.
type view struct {
	messages map[key]held
	gone     map[key]bool // deleted for the device's user
	recalled map[key]bool // told before the message came
	changed  int64        // when a message was last changed, as the row says
	cleared  *key
	in, out  ordinals
	read     int64 // of the device's user
	peerRead int64
}

// ordinals watches one direction for gaps.
type ordinals struct {
	have    map[int64]key
	skipped map[int64]bool // not here and given up: the key it has is another's
	top     int64
}

func newOrdinals() ordinals {
	return ordinals{have: make(map[int64]key), skipped: make(map[int64]bool)}
}

type held struct {
	from    string
	ordinal int64
	quiet   bool
	state
}

// A state is what became of a message, as far as a device knows.
type state struct {
	text      string
	edited    int64
	recalled  bool
	confirmed bool
	reactions string
}

// stateOf is the state that a message is told with.
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

type read struct {
	peer string
	upTo *int64
}

func newDevice(s *schedule, user, instance string, platform sessions.Platform) *device {
	return &device{s: s, user: user, instance: instance, platform: platform, views: make(map[string]*view), seq: uint32(s.rng.IntN(3))}
}

func (d *device) online() bool { return d.conn != nil && d.conn.state == open }

func (d *device) view(peer string) *view {
	v := d.views[peer]
	if v == nil {
		v = &view{messages: make(map[key]held), gone: make(map[key]bool), recalled: make(map[key]bool), in: newOrdinals(), out: newOrdinals()}
		d.views[peer] = v
	}
	return v
}

// missing returns the ordinals that exist and are not here.
func (o *ordinals) missing() (list []int64) {
	for n := int64(1); n <= o.top; n++ {
		if _, ok := o.have[n]; !ok {
			list = append(list, n)
		}
	}
	return list
}

// around returns the keys of the messages on both sides of a gap.
func (o *ordinals) around(first, last int64) (after, before *key) {
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

// take holds a message. One that is here already must be the same; what is told
// as its state, and not as new, replaces an older one.
func (d *device) take(m v4.Message, how string) {
	peer, side := m.From, "in"
	if m.From == d.user {
		peer, side = m.To, "out"
	}
	v := d.view(peer)
	o := map[string]*ordinals{"in": &v.in, "out": &v.out}[side]
	k := key{Time: m.Time, Seq: m.Seq, Random: m.Random}
	h := held{from: m.From, ordinal: m.Ordinal, quiet: m.NoUnread, state: stateOf(m)}
	old, known := v.messages[k]
	if known && (old.from != h.from || old.ordinal != h.ordinal || old.quiet != h.quiet) {
		d.s.problem("I3: %s holds %v as %+v and gets %+v by %s", d.instance, k, old, h, how)
	}
	if old, ok := o.have[m.Ordinal]; ok && old != k && !o.skipped[m.Ordinal] {
		d.s.problem("I5: ordinal %d of %s at %s is %v and %v", m.Ordinal, m.From, d.instance, old, k)
	}
	o.have[m.Ordinal], o.top = k, max(o.top, m.Ordinal)
	delete(o.skipped, m.Ordinal)
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
	return v.gone[k] || (v.cleared != nil && !v.cleared.Before(k))
}

// drop takes messages out of the view for good.
func (v *view) drop(keys ...key) {
	for _, k := range keys {
		v.gone[k] = true
		delete(v.messages, k)
	}
}

// clear takes everything up to a key out of the view.
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

// receive handles frames, in any order.
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
			d.take(m, "frame")
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
			d.changed(f)
		}
	}
}

// sync asks what has changed, and pulls what is missing. It counts only when
// all of it is answered: Since is that of the first page. What moved up between
// two pages was in none of them, so after several it is asked once more, from
// then on; that fits a page.
func (d *device) sync(ctx context.Context, a *actor) {
	pages := d.syncPages(ctx, a, 1+d.s.rng.IntN(2))
	if pages > 1 {
		pages = d.syncPages(ctx, a, 100)
	}
	d.synced = d.synced || pages > 0
}

// syncPages returns how many pages a sync took; 0 for one that was cut short.
func (d *device) syncPages(ctx context.Context, a *actor, limit int) int {
	s, pages := d.s, 0
	var cursor *conversations.Position
	var since int64
	lossy := d.lossy
	d.lossy = false
	for first := true; first || cursor != nil; first = false {
		var page conversations.Synced
		known, _ := s.invoke(ctx, a, "sync", nil, func(ctx context.Context) error {
			var err error
			page, err = s.t.Conversations.Sync(ctx, d.user, d.since, conversations.Cut{After: cursor, Limit: limit})
			if first {
				since = page.SinceMs
			}
			return err
		})
		if !known {
			d.lossy = d.lossy || lossy
			return 0
		}
		s.stats["syncs"]++
		pages++
		for _, r := range page.Rows {
			d.told(r)
		}
		cursor = page.Next
	}
	for _, peer := range s.users {
		if v := d.views[peer]; v != nil && v.changed > 0 && v.changed >= d.since && !d.changes(ctx, a, peer) {
			d.lossy = d.lossy || lossy
			return 0
		}
	}
	d.since = since
	for _, peer := range s.users {
		if v := d.views[peer]; v != nil && v.gapped() {
			d.pull(ctx, a, peer)
		}
	}
	return pages
}

func (d *device) told(r conversations.Row) {
	v := d.view(r.Peer)
	d.s.note(d.instance, "told %s: in %d out %d read %d peer read %d unread %d", r.Peer, r.In, r.Out, r.Read, r.PeerRead, r.Unread())
	v.in.top, v.out.top = max(v.in.top, r.In), max(v.out.top, r.Out)
	v.changed = r.OperationMs
	v.clear(r.Cleared)
	v.read, v.peerRead = max(v.read, r.Read), max(v.peerRead, r.PeerRead)
}

// pull fills the gaps of a conversation: between the messages on both sides of
// them, and if that was not all, with slack, because within a second messages
// are ordered by what senders choose.
func (d *device) pull(ctx context.Context, a *actor, peer string) {
	v := d.view(peer)
	v.skipCleared()
	for _, slack := range []int64{-1, 2, 140} {
		before := len(v.messages)
		if !d.pages(ctx, a, peer, slack) {
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

// gap is the range that holds everything missing in both directions.
func (v *view) gap() (after, before *key) {
	first := true
	for _, o := range []*ordinals{&v.in, &v.out} {
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

func (d *device) pages(ctx context.Context, a *actor, peer string, slack int64) bool {
	s, v := d.s, d.view(peer)
	after, before := v.gap()
	if slack >= 0 && after != nil {
		after = &key{Time: max(0, after.Time-slack)}
	}
	if slack >= 0 && before != nil {
		before = &key{Time: before.Time + slack, Seq: 1<<32 - 1, Random: 1<<32 - 1}
	}
	for {
		var h messages.History
		known, _ := s.invoke(ctx, a, fmt.Sprintf("history of %s between %v and %v", peer, after, before), nil, func(ctx context.Context) (err error) {
			h, err = s.t.Messages.History(ctx, messages.Range{User: d.user, Peer: peer, After: after, Before: before, Limit: s.odds.page})
			return err
		})
		if !known {
			return false
		}
		s.stats["history pages"]++
		for i, m := range h.Messages {
			if i > 0 && !h.Messages[i-1].Before(m.Key) {
				s.problem("I4: history of %s and %s: %v stands before %v", d.user, peer, h.Messages[i-1].Key, m.Key)
			}
			d.take(v4.FromMessage(m), "history")
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

// mark marks messages of a peer as read, as a user would, and now and then as
// only a broken client would.
func (d *device) mark(ctx context.Context, a *actor) {
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
	d.readOnce(ctx, a, r)
}

func (d *device) readOnce(ctx context.Context, a *actor, r read) {
	name := "read all of " + r.peer
	if r.upTo != nil {
		name = fmt.Sprintf("read %s up to %d", r.peer, *r.upTo)
	}
	var mark conversations.ReadMark
	origin := delivery.Origin{User: d.user, Instance: d.instance}
	known, _ := d.s.invoke(ctx, a, name, nil, func(ctx context.Context) (err error) {
		mark, err = d.s.t.Conversations.Read(ctx, d.user, r.peer, r.upTo, origin)
		return err
	})
	d.s.stats["reads"]++
	if !known {
		d.pending = append(d.pending, r)
		return
	}
	v := d.view(r.peer)
	v.read = max(v.read, mark.Ordinal)
}

// readAgain repeats the marks whose answers were lost, or gives them up.
func (d *device) readAgain(ctx context.Context, a *actor) {
	again := d.pending
	d.pending = nil
	for _, r := range again {
		if d.s.rng.IntN(4) == 0 {
			d.s.gave[[2]string{d.user, r.peer}] = true
			continue
		}
		d.s.stats["reads repeated"]++
		d.readOnce(ctx, a, r)
	}
}

// sorted are the messages of a view in the order of keys.
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
