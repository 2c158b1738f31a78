package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/messages"
	"parley/shared/domain/sessions"
	"parley/shared/telemetry"
)

// A conn is a WebSocket connection as the gateway sees it.
type conn struct {
	id     string
	device *device
	link   sessions.Link
	state  connState
	busy   time.Time // posts are refused until then
	after  string    // the connection that held its slot before
}

type connState int

const (
	opening connState = iota // posts are answered with 410
	open
	silent // the client has gone and nobody knows: posts are lost
	closed // 410
)

var errBusy = errors.New("429")

// A frame is what a device is sent, decoded.
type frame struct {
	Event string `json:"event"`
	Hi    struct{ Ordinal int64 }
	Body  json.RawMessage
	owner string
}

type readFrame struct {
	Reader  string `json:"From_Account"`
	Peer    string `json:"To_Account"`
	Ordinal int64  `json:"ReadOrdinal"`
	Unread  *int64 `json:"Unread"`
}

// Post implements delivery.Poster: each frame may be late, doubled, lost or
// refused for a while.
func (s *schedule) Post(ctx context.Context, connections []string, data []byte) []error {
	o := opOf(ctx)
	o.meter.Count(telemetry.Units{P: len(connections)})
	errs := make([]error, len(connections))
	label := fmt.Sprintf("post to %v", connections)
	err := o.before(label)
	for i, id := range connections {
		if err == nil {
			errs[i] = s.postOne(id, data)
		}
	}
	if err == nil {
		err = o.after(label)
	}
	for i, id := range connections {
		if err != nil {
			errs[i] = err
		}
		if c := s.conns[id]; c != nil && errs[i] != nil && !errors.Is(errs[i], delivery.ErrGone) {
			c.device.lossy = true
		}
	}
	return errs
}

func (s *schedule) postOne(id string, data []byte) error {
	c := s.conns[id]
	if c == nil {
		s.problem("a frame goes to the connection %q, which never was", id)
		return delivery.ErrGone
	}
	f := frame{owner: c.device.user}
	if err := json.Unmarshal(data, &f); err != nil {
		s.problem("frame %s: %v", data, err)
		return nil
	}
	s.mayHave(c.device.user, f)
	r := s.rng.Float64()
	if s.calm {
		r = 1
	}
	switch {
	case c.state == opening || c.state == closed:
		s.stats["posts to a connection that is gone"]++
		if c.state == opening {
			s.stats["posts to a connection not open yet"]++
		}
		return delivery.ErrGone
	case c.state == silent:
		s.stats["posts lost on a dead connection"]++
		c.device.lossy = true
		return nil
	case r < 0.05 || (s.now.Before(c.busy) && !s.calm):
		if !s.now.Before(c.busy) {
			c.busy = s.now.Add(time.Duration(s.rng.IntN(1500)) * time.Millisecond)
		}
		s.stats["posts refused for a while"]++
		return errBusy
	case r < 0.05+s.odds.lose:
		s.stats["posts lost"]++
		c.device.lossy = true
		return nil
	case r < 0.15+s.odds.lose:
		s.stats["posts doubled"]++
		c.device.inbox = append(c.device.inbox, f)
	}
	s.stats["posts delivered"]++
	c.device.inbox = append(c.device.inbox, f)
	return nil
}

// mayHave sees that a frame concerns the user it goes to.
func (s *schedule) mayHave(user string, f frame) {
	switch f.Event {
	case "message.new":
		var m v4.Message
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.From != user && m.To != user) {
			s.problem("privacy: a frame of %s and %s goes to %s (%v)", m.From, m.To, user, err)
		}
	case "message.read":
		var m readFrame
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.Reader != user && m.Peer != user) {
			s.problem("privacy: a mark of %s and %s goes to %s (%v)", m.Reader, m.Peer, user, err)
		}
		if m.Unread != nil && m.Reader != user {
			s.problem("privacy: %s is told what %s has unread", user, m.Reader)
		}
	case "message.edited":
		var m v4.Message
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.From != user && m.To != user) {
			s.problem("privacy: an edit of %s and %s goes to %s (%v)", m.From, m.To, user, err)
		}
	case "message.recalled", "message.deleted", "message.reaction", "message.receipt":
		var e changeFrame
		if err := json.Unmarshal(f.Body, &e); err != nil || (e.From != user && e.To != user) ||
			(f.Event == "message.deleted" && e.From != user) || (f.Event == "message.receipt" && e.To != user) {
			s.problem("privacy: %s of %s and %s goes to %s (%v)", f.Event, e.From, e.To, user, err)
		}
	case "conversation.changed", "session.kick":
	default:
		s.problem("frame of the event %q", f.Event)
	}
}

// Close implements delivery.Poster.
func (s *schedule) Close(ctx context.Context, id string) error {
	o := opOf(ctx)
	if err := o.before("close " + id); err != nil {
		return err
	}
	if c := s.conns[id]; c != nil && c.state != closed {
		s.shut(ctx, c)
	}
	return o.after("close " + id)
}

// shut ends a connection; the gateway tells a function of it, mostly.
func (s *schedule) shut(ctx context.Context, c *conn) {
	c.state = closed
	if c.device.conn == c {
		c.device.conn = nil
	}
	if s.calm || s.rng.IntN(4) == 0 {
		s.stats["disconnects missed"]++
		return
	}
	ctx = context.WithValue(context.WithoutCancel(ctx), opKey{}, nil)
	for range 1 + s.chance(0.1) {
		s.spawn("gw "+c.id, func(a *actor) {
			a.pause()
			_, _ = s.invoke(ctx, a, "$disconnect "+c.id, nil, func(ctx context.Context) error {
				_, err := s.t.Sessions.Disconnect(ctx, c.device.user, c.link, "closed")
				return err
			})
		})
	}
}

// openTimeout is when a client gives up a connection that does not open.
const openTimeout = 20 * time.Second

// connect opens a connection for the device, and has it synchronize once it is
// open. A renewal replaces a connection that works, and needs no sync.
func (d *device) connect(ctx context.Context, a *actor, renewal bool) {
	s := d.s
	s.nextID++
	c := &conn{id: fmt.Sprintf("c%d.%s", s.nextID, d.instance), device: d}
	c.link = sessions.Link{Connection: c.id, Instance: d.instance, Platform: d.platform}
	s.conns[c.id] = c
	begun := s.now
	known, err := s.invoke(ctx, a, "$connect "+c.id, nil, func(ctx context.Context) error {
		_, err := s.t.Sessions.Connect(ctx, d.user, c.link)
		return err
	})
	// The answer of $connect opens the connection, or a failure closes it.
	a.pause()
	if !known || err != nil || c.state == closed || s.now.Sub(begun) > openTimeout {
		c.state = closed
		s.stats["connects failed"]++
		if renewal {
			d.stray = true
		}
		return
	}
	c.state = open
	s.stats["connects"]++
	old := d.conn
	d.conn = c
	if renewal && old != nil && !d.stray {
		s.stats["renewals"]++
		if c.after != old.id {
			// It had lost its slot and was not told: what it missed comes with the
			// sync that is due every half an hour.
			s.stats["renewals of a connection without a slot"]++
			d.synced = false
		}
		// The old one is heard for a while: a send may have read the session just
		// before it was renewed.
		until := s.now.Add(20 * time.Second)
		s.spawn("old "+old.id, func(b *actor) {
			for b.idle = true; s.busy() && s.now.Before(until); {
				b.pause()
				b.weight = 1
			}
			if old.state != closed {
				s.shut(ctx, old)
			}
		})
		return
	}
	d.stray, d.synced = false, false
	if old != nil && old.state != closed {
		s.shut(ctx, old)
	}
	d.sync(ctx, a)
}

// lose ends the device's connection: properly, noticed by the gateway alone, or
// by nobody.
func (d *device) lose(ctx context.Context, a *actor, proper bool) {
	c := d.conn
	if c == nil {
		return
	}
	d.conn = nil
	if proper || d.s.rng.IntN(2) == 0 {
		d.s.note(a.name, "%s closes", c.id)
		d.s.shut(ctx, c)
		return
	}
	d.s.note(a.name, "%s dies silently", c.id)
	d.s.stats["connections died silently"]++
	c.state = silent
	d.s.spawn("gw "+c.id, func(b *actor) {
		for range 3 {
			b.pause()
		}
		if c.state == silent {
			d.s.shut(ctx, c)
		}
	})
}

// key is a message's identity in a view.
type key = messages.Key
