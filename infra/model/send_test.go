package model

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/testkit"
)

// A send is what a client means to send once, however often it tries.
type send struct {
	id            int
	derived       bool // its client chooses no sequence
	from          string
	to            []string // more than one: a batch
	batch         bool
	seq, random   uint32
	text          string
	quiet, noLast bool
	receipt       bool
	attempts      []attempt
	claims        []claim
}

// An attempt is one call of a send; done means that the function lived to
// answer that the message is durable, whether or not the answer came through.
type attempt struct {
	begun, ended time.Time
	done         bool
	by           *device
	receipt      messages.Receipt
	missed       bool // it succeeded, and a call of it failed: not all may have been told
	claims       int  // how many ordinals the send had taken when it ended
}

// A claim is an ordinal that an attempt took.
type claim struct {
	peer    string
	ordinal int64
	second  int64 // the time it gave the message: where its window begins
}

func (s *schedule) newSend(d *device, to []string) *send {
	l := &send{
		id: len(s.sends) + 1, from: d.user, to: to, batch: len(to) > 1, seq: d.seq, random: s.rng.Uint32(), receipt: s.rng.IntN(2) == 0,
		quiet: s.odds.quiet && s.rng.IntN(3) == 0, noLast: s.odds.quiet && s.rng.IntN(4) == 0,
	}
	l.derived = l.random%3 == 0
	if s.odds.collide {
		l.random = uint32(s.rng.IntN(2))
	}
	d.seq++
	l.text = fmt.Sprintf("text %d", l.id)
	s.sends = append(s.sends, l)
	return l
}

func (l *send) String() string {
	flags := ""
	if l.quiet {
		flags += " quiet"
	}
	if l.noLast {
		flags += " no-last"
	}
	return fmt.Sprintf("send %d (%d_%d%s) from %s to %s", l.id, l.seq, l.random, flags, l.from, strings.Join(l.to, ", "))
}

// attempt runs one call of a send.
func (d *device) attempt(ctx context.Context, a *actor, l *send) (messages.Receipt, bool) {
	var r messages.Receipt
	draft := messages.Draft{
		From: l.from, Seq: l.sequence(), Random: l.random, NoUnread: l.quiet, NoLast: l.noLast, NeedReceipt: l.receipt, Sync: messages.SyncDevices,
		Content: messages.Content{Elements: []messages.Element{testkit.Text(l.text)}},
		Issued:  d.s.now, Origin: delivery.Origin{User: d.user, Instance: d.instance},
	}
	l.attempts = append(l.attempts, attempt{begun: d.s.now, by: d})
	mine := len(l.attempts) - 1
	known, err := d.s.invoke(ctx, a, l.String(), l, func(ctx context.Context) (err error) {
		if !l.batch {
			draft.To = l.to[0]
			r, err = d.s.t.Messages.Send(ctx, draft)
		} else {
			opOf(ctx).limit = 15 * time.Second // infra/stacks/tencent.yaml
			draft.Trusted = true
			r, _, err = d.s.t.Messages.SendBatch(ctx, draft, l.to)
		}
		if err == nil && !opOf(ctx).dead {
			l.attempts[mine].done, l.attempts[mine].receipt, l.attempts[mine].missed = true, r, opOf(ctx).failed
		}
		return err
	})
	l.attempts[mine].ended, l.attempts[mine].claims = d.s.now, len(l.claims)
	d.s.stats["attempts to send"]++
	if err == nil && mine > 0 {
		d.s.stats["attempts after the first"]++
	}
	return r, known
}

// send sends a message as a client does: again with the same values until it
// knows what became of it, or until it gives up. The network may double a call,
// and hold its twin back for long.
func (d *device) send(ctx context.Context, a *actor) {
	s := d.s
	others := slices.DeleteFunc(slices.Clone(s.users), func(u string) bool { return u == d.user })
	to := []string{others[s.rng.IntN(len(others))]}
	if s.rng.IntN(8) == 0 {
		to = others
	}
	l := s.newSend(d, to)
	if s.rng.IntN(4) == 0 {
		s.stats["calls doubled"]++
		s.spawn(d.instance+"'", func(b *actor) {
			for range s.rng.IntN(6) {
				b.pause()
			}
			d.attempt(ctx, b, l)
		})
	}
	if s.rng.IntN(4) == 0 {
		s.spawn(d.instance+"\"", func(b *actor) { d.deliver(ctx, b, l) })
		return
	}
	d.deliver(ctx, a, l)
}

func (d *device) deliver(ctx context.Context, a *actor, l *send) {
	s := d.s
	for try := range 4 {
		r, known := d.attempt(ctx, a, l)
		if s.odds.spill && try == 0 && !l.batch && s.rng.IntN(2) == 0 {
			d.burst(ctx, a, l.to[0])
			continue
		}
		if known {
			s.stats["acks"]++
			if !l.batch {
				d.take(v4.Message{
					From: l.from, To: l.to[0], Seq: r.Seq, Random: r.Random, Time: r.Time, Ordinal: r.Ordinal,
					Body: l.body(), NoUnread: l.quiet,
				}, "ack")
			}
			return
		}
		if s.rng.IntN(6) == 0 {
			break
		}
		switch s.rng.IntN(12) {
		case 0:
			s.move(time.Duration(1+s.rng.IntN(7)) * time.Second)
		case 1:
			s.stats["retries around the window's end"]++
			s.move(time.Duration(105+s.rng.IntN(25)) * time.Second)
		}
		a.pause()
	}
	s.stats["sends given up"]++
}

func (l *send) sequence() *uint32 {
	if l.derived {
		return nil
	}
	return &l.seq
}

func (l *send) body() []messages.Element { return textElements(l.text) }

func textElements(text string) []messages.Element { return []messages.Element{testkit.Text(text)} }

// burst fills the ring: ten sends that nothing interrupts.
func (d *device) burst(ctx context.Context, a *actor, to string) {
	d.s.stats["bursts"]++
	d.s.calm = true
	for range 10 {
		d.attempt(ctx, a, d.s.newSend(d, []string{to}))
	}
	d.s.calm = false
}

// claimed notes an ordinal that a send was given.
func (o *op) claimed(peer string, ordinal, second int64) {
	o.send.claims = append(o.send.claims, claim{peer: peer, ordinal: ordinal, second: second})
	o.s.stats["claims"]++
}

// account checks what a send read (I7).
func (s *schedule) account(o *op, err error) {
	if o.dedup > 0 && !o.full {
		s.problem("I7: %s reads outside a ring that has room", o.send)
	}
	if err != nil || o.dead || o.failed || o.crowded || o.send.batch {
		return
	}
	for _, t := range o.meter.Touched() {
		switch t {
		case "read accounts", "read relations", "read sessions", "write messages", "write conversations", "post", "write sessions":
		case "read dedup", "write dedup":
			if o.full {
				continue
			}
			fallthrough
		default:
			s.problem("I7: %s touches %q", o.send, t)
		}
	}
	want := 3.5 + float64(o.dedup)
	if o.recalled {
		want -= 2 // nobody is told of it
	}
	if got := o.meter.Units().R; got != want {
		s.problem("I7: %s reads %g units, want %g", o.send, got, want)
	}
}

// live is a device's part in a schedule.
func (d *device) live(ctx context.Context, a *actor, actions int) {
	s := d.s
	if s.rng.IntN(4) > 0 {
		a.pause()
		d.connect(ctx, a, false)
	}
	for range actions {
		a.pause()
		peer := s.users[s.rng.IntN(len(s.users))]
		r := s.rng.IntN(100)
		if s.odds.reader && s.rng.IntN(3) == 0 {
			r = 50
		}
		switch {
		case s.odds.changer && r%3 == 0:
			d.alter(ctx, a)
		case r < 38:
			d.send(ctx, a)
		case r < 55:
			d.receive(1 + s.rng.IntN(3))
			if peer != d.user && d.view(peer).gapped() {
				d.pull(ctx, a, peer)
			}
			if s.odds.reader || s.rng.IntN(2) == 0 {
				d.mark(ctx, a)
			}
			if s.odds.reader && s.rng.IntN(2) == 0 {
				s.spawn(d.instance+"r", func(b *actor) { d.mark(ctx, b) })
			}
		case r < 72:
			d.mark(ctx, a)
		case r < 76:
			d.readAgain(ctx, a)
		case !d.online():
			d.connect(ctx, a, false)
		case r < 84:
			d.connect(ctx, a, true)
		case r < 92:
			d.lose(ctx, a, false)
		default:
			d.sync(ctx, a)
		}
	}
}

// textOf reads back what a text element says.
func textOf(e messages.Element) string {
	var body struct{ Text string }
	_ = json.Unmarshal(e.Content, &body)
	return body.Text
}
