package model

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/infra/testkit"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
)

// A send is one message that a client sends, however many calls it takes.
type send struct {
	id               int
	derived          bool // the server chooses the sequence
	from             string
	to               []string
	batch            bool // to several users, by SendBatch
	seq, random      uint32
	text             string
	noUnread, noLast bool
	receipt          bool
	attempts         []attempt
	claims           []claim
}

// An attempt is one call of a send. It is done if the function did not die before it
// answered that the message is stored, even if the client did not get the answer.
type attempt struct {
	begun, ended time.Time
	done         bool
	by           *device
	receipt      direct.SendResult
	callFailed   bool // it succeeded although a call of it failed: a device may not have got a frame
	claims       int  // how many offsets the send had claimed when the attempt ended
}

// A claim is an offset that an attempt got.
type claim struct {
	peer   string
	offset int64
	second int64 // the time of the message, at which its idempotency window begins
}

// newSend makes a send of a device. It does not call the server.
func (s *schedule) newSend(d *device, to []string) *send {
	l := &send{
		id: len(s.sends) + 1, from: d.user, to: to, batch: len(to) > 1, seq: d.seq, random: s.rng.Uint32(), receipt: s.rng.IntN(2) == 0,
		noUnread: s.odds.noUnread && s.rng.IntN(3) == 0, noLast: s.odds.noUnread && s.rng.IntN(4) == 0,
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
	if l.noUnread {
		flags += " no-unread"
	}
	if l.noLast {
		flags += " no-last"
	}
	return fmt.Sprintf("send %d (%d_%d%s) from %s to %s", l.id, l.seq, l.random, flags, l.from, strings.Join(l.to, ", "))
}

// attempt makes one call of a send, and reports whether its answer is known.
func (d *device) attempt(ctx context.Context, a *actor, l *send) (direct.SendResult, bool) {
	var r direct.SendResult
	request := direct.SendRequest{
		From: l.from, Seq: l.sequence(), Random: l.random, ExcludedFromUnread: l.noUnread, ExcludedFromLast: l.noLast, NeedReceipt: l.receipt, Sync: direct.CopyToDevices,
		Content: content.Content{Elements: []content.Element{testkit.Text(l.text)}},
		Issued:  d.s.now, Origin: delivery.Origin{User: d.user, Instance: d.instance},
	}
	l.attempts = append(l.attempts, attempt{begun: d.s.now, by: d})
	mine := len(l.attempts) - 1
	known, err := d.s.invoke(ctx, a, l.String(), l, func(ctx context.Context) (err error) {
		if !l.batch {
			request.To = l.to[0]
			r, err = d.s.t.Direct.Send(ctx, request)
		} else {
			opOf(ctx).limit = 15 * time.Second // infra/stacks/tencent-message.yaml
			request.Trusted = true
			r, _, err = d.s.t.Direct.SendBatch(ctx, request, l.to)
		}
		if err == nil && !opOf(ctx).dead {
			l.attempts[mine].done, l.attempts[mine].receipt, l.attempts[mine].callFailed = true, r, opOf(ctx).failed
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

// send sends a message as a client does: it repeats the call with the same values until
// it gets an answer, or gives up. The network may duplicate a call and delay the second
// one for long.
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
		s.spawn(d.instance+"\"", func(b *actor) { d.sendUntilAcked(ctx, b, l) })
		return
	}
	d.sendUntilAcked(ctx, a, l)
}

// sendUntilAcked repeats a send until it is acknowledged or the client gives up.
func (d *device) sendUntilAcked(ctx context.Context, a *actor, l *send) {
	s := d.s
	for try := range 4 {
		r, known := d.attempt(ctx, a, l)
		if s.odds.overflow && try == 0 && !l.batch && s.rng.IntN(2) == 0 {
			d.burst(ctx, a, l.to[0])
			continue
		}
		if known {
			s.stats["acks"]++
			if !l.batch {
				d.addMessage(v4.Message{
					From: l.from, To: l.to[0], Seq: r.Seq, Random: r.Random, Time: r.Time, Ordinal: r.Offset,
					Body: l.body(), NoUnread: l.noUnread,
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
			s.stats["retries around the end of the window"]++
			s.move(time.Duration(105+s.rng.IntN(25)) * time.Second)
		}
		a.pause()
	}
	s.stats["sends given up"]++
}

// sequence is the sequence that the client chose, or nil.
func (l *send) sequence() *uint32 {
	if l.derived {
		return nil
	}
	return &l.seq
}

func (l *send) body() []v4.Element { return v4.FromElements(textElements(l.text)) }

func textElements(text string) []content.Element { return []content.Element{testkit.Text(text)} }

// burst makes so many sends without faults that they overfill the idempotency window.
func (d *device) burst(ctx context.Context, a *actor, to string) {
	d.s.stats["bursts"]++
	d.s.noFaults = true
	for range 34 {
		d.attempt(ctx, a, d.s.newSend(d, []string{to}))
	}
	d.s.noFaults = false
}

// claimed remembers the offset that a send has got.
func (o *op) claimed(peer string, offset, second int64) {
	o.send.claims = append(o.send.claims, claim{peer: peer, offset: offset, second: second})
	o.s.stats["claims"]++
}

// checkReads checks that a send without faults reads and writes only what the design
// allows (I7, docs/data-model.md §10).
func (s *schedule) checkReads(o *op, err error) {
	if o.keyReads > 0 && !o.windowFull {
		s.problem("I7: %s reads idempotency keys outside the window, which is not full", o.send)
	}
	if err != nil || o.dead || o.failed || o.conflicted || o.send.batch {
		return
	}
	for _, t := range o.meter.Touched() {
		switch t {
		case "read accounts", "read relations", "read conversations", "read sessions", "write messages", "write conversations", "post", "write sessions":
		case "read dedup", "write dedup":
			if o.windowFull {
				continue
			}
			fallthrough
		default:
			s.problem("I7: %s touches %q", o.send, t)
		}
	}
	// The first repeat of a refused claim uses the row that the refusal returned. Every
	// later one waits, and reads the row again.
	want := 4 + float64(o.keyReads) + 0.5*float64(max(0, o.refusedClaims-1))
	if o.recalled {
		want -= 2 // it reads no sessions, as it delivers nothing
	}
	if got := o.meter.Units().R; got != want {
		s.problem("I7: %s reads %g units, want %g", o.send, got, want)
	}
}

// act is what a device does in a schedule.
func (d *device) act(ctx context.Context, a *actor, actions int) {
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
			d.changeMessage(ctx, a)
		case r < 38:
			d.send(ctx, a)
		case r < 55:
			d.receive(1 + s.rng.IntN(3))
			if peer != d.user && d.view(peer).gapped() {
				d.fillGaps(ctx, a, peer)
			}
			if s.odds.reader || s.rng.IntN(2) == 0 {
				d.markRead(ctx, a)
			}
			if s.odds.reader && s.rng.IntN(2) == 0 {
				s.spawn(d.instance+"r", func(b *actor) { d.markRead(ctx, b) })
			}
		case r < 72:
			d.markRead(ctx, a)
		case r < 76:
			d.repeatReads(ctx, a)
		case !d.online():
			d.connect(ctx, a, false)
		case r < 84:
			d.connect(ctx, a, true)
		case r < 92:
			d.loseConn(ctx, a, false)
		default:
			d.sync(ctx, a)
		}
	}
}

// textOf returns the text of a text element.
func textOf(e content.Element) string {
	if e.Text == nil {
		return ""
	}
	return string(*e.Text)
}
