package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/telemetry"
)

// A conn is a WebSocket connection as API Gateway sees it.
type conn struct {
	id         string
	device     *device
	connection sessions.Connection
	state      connState
	busyUntil  time.Time // posts are refused until then
	replaced   string    // the id of the connection that had the slot before
}

type connState int

const (
	opening connState = iota // a post gets 410
	open
	silent // the client is gone and API Gateway does not know it: posts are lost
	closed // a post gets 410
)

var errBusy = errors.New("429")

// A frame is a decoded frame that a device received.
type frame struct {
	Event string `json:"event"`
	Hi    struct{ Ordinal int64 }
	Body  json.RawMessage
	owner string
}

// A readFrame is the body of message.read.
type readFrame struct {
	Reader  string `json:"From_Account"`
	Peer    string `json:"To_Account"`
	Ordinal int64  `json:"ReadOrdinal"`
	Unread  *int64 `json:"Unread"`
}

// Post implements delivery.Poster. Each frame may be late, be received twice, be lost,
// or be refused for a while.
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
			c.device.missedFrame = true
		}
	}
	return errs
}

// postOne posts a frame to one connection.
func (s *schedule) postOne(id string, data []byte) error {
	c := s.conns[id]
	if c == nil {
		s.problem("a frame is posted to the connection %q, which never existed", id)
		return delivery.ErrGone
	}
	f := frame{owner: c.device.user}
	if err := json.Unmarshal(data, &f); err != nil {
		s.problem("frame %s: %v", data, err)
		return nil
	}
	s.checkPrivacy(c.device.user, f)
	r := s.rng.Float64()
	if s.noFaults {
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
		c.device.missedFrame = true
		return nil
	case r < 0.05 || (s.now.Before(c.busyUntil) && !s.noFaults):
		if !s.now.Before(c.busyUntil) {
			c.busyUntil = s.now.Add(time.Duration(s.rng.IntN(1500)) * time.Millisecond)
		}
		s.stats["posts refused for a while"]++
		return errBusy
	case r < 0.05+s.odds.loseFrame:
		s.stats["posts lost"]++
		c.device.missedFrame = true
		return nil
	case r < 0.15+s.odds.loseFrame:
		s.stats["posts doubled"]++
		c.device.inbox = append(c.device.inbox, f)
	}
	s.stats["posts delivered"]++
	c.device.inbox = append(c.device.inbox, f)
	return nil
}

// checkPrivacy checks that the user who gets a frame may see what is in it.
func (s *schedule) checkPrivacy(user string, f frame) {
	switch f.Event {
	case "message.new":
		var m v4.Message
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.From != user && m.To != user) {
			s.problem("privacy: a message from %s to %s is sent to %s (%v)", m.From, m.To, user, err)
		}
	case "message.read":
		var m readFrame
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.Reader != user && m.Peer != user) {
			s.problem("privacy: the read cursor of %s for %s is sent to %s (%v)", m.Reader, m.Peer, user, err)
		}
		if m.Unread != nil && m.Reader != user {
			s.problem("privacy: %s is sent the unread count of %s", user, m.Reader)
		}
	case "message.edited":
		var m v4.Message
		if err := json.Unmarshal(f.Body, &m); err != nil || (m.From != user && m.To != user) {
			s.problem("privacy: an edited message from %s to %s is sent to %s (%v)", m.From, m.To, user, err)
		}
	case "message.recalled", "message.deleted", "message.reaction", "message.receipt":
		var e changeFrame
		if err := json.Unmarshal(f.Body, &e); err != nil || (e.From != user && e.To != user) ||
			(f.Event == "message.deleted" && e.From != user) || (f.Event == "message.receipt" && e.To != user) {
			s.problem("privacy: %s of %s and %s is sent to %s (%v)", f.Event, e.From, e.To, user, err)
		}
	case "conversation.changed", "session.kick":
	default:
		s.problem("a frame has the unexpected event %q", f.Event)
	}
}

// Close implements delivery.Poster.
func (s *schedule) Close(ctx context.Context, id string) error {
	o := opOf(ctx)
	if err := o.before("close " + id); err != nil {
		return err
	}
	if c := s.conns[id]; c != nil && c.state != closed {
		s.closeConn(ctx, c)
	}
	return o.after("close " + id)
}

// closeConn closes a connection. In three of four cases API Gateway then invokes the
// function of $disconnect, sometimes twice.
func (s *schedule) closeConn(ctx context.Context, c *conn) {
	c.state = closed
	if c.device.conn == c {
		c.device.conn = nil
	}
	if s.noFaults || s.rng.IntN(4) == 0 {
		s.stats["disconnects missed"]++
		return
	}
	ctx = context.WithValue(context.WithoutCancel(ctx), opKey{}, nil)
	for range 1 + s.chance(0.1) {
		s.spawn("gw "+c.id, func(a *actor) {
			a.pause()
			_, _ = s.invoke(ctx, a, "$disconnect "+c.id, nil, func(ctx context.Context) error {
				_, err := s.t.Sessions.Disconnect(ctx, c.device.user, c.connection, "closed")
				return err
			})
		})
	}
}

// openTimeout is how long a client waits for a connection to open.
const openTimeout = 20 * time.Second

// connect opens a connection, and synchronizes once it is open. A renewal replaces a
// connection that still works, so it needs no sync.
func (d *device) connect(ctx context.Context, a *actor, renewal bool) {
	s := d.s
	s.nextID++
	c := &conn{id: fmt.Sprintf("c%d.%s", s.nextID, d.instance), device: d}
	c.connection = sessions.Connection{ID: c.id, Instance: d.instance, Platform: d.platform}
	s.conns[c.id] = c
	begun := s.now
	known, err := s.invoke(ctx, a, "$connect "+c.id, nil, func(ctx context.Context) error {
		_, err := s.t.Sessions.Connect(ctx, d.user, c.connection)
		return err
	})
	// API Gateway opens the connection if $connect succeeds, else it closes it.
	a.pause()
	if !known || err != nil || c.state == closed || s.now.Sub(begun) > openTimeout {
		c.state = closed
		s.stats["connects failed"]++
		if renewal {
			d.renewalFailed = true
		}
		return
	}
	c.state = open
	s.stats["connects"]++
	old := d.conn
	d.conn = c
	if renewal && old != nil && !d.renewalFailed {
		s.stats["renewals"]++
		if c.replaced != old.id {
			// The old connection had lost its slot and the device did not know. It gets
			// what it missed by the sync that a client makes every half an hour.
			s.stats["renewals of a connection without a slot"]++
			d.synced = false
		}
		// The device reads from the old connection for a while, because a send may have
		// read the session just before the renewal.
		until := s.now.Add(20 * time.Second)
		s.spawn("old "+old.id, func(b *actor) {
			for b.idle = true; s.othersActive() && s.now.Before(until); {
				b.pause()
				b.weight = 1
			}
			if old.state != closed {
				s.closeConn(ctx, old)
			}
		})
		return
	}
	d.renewalFailed, d.synced = false, false
	if old != nil && old.state != closed {
		s.closeConn(ctx, old)
	}
	d.sync(ctx, a)
}

// loseConn ends the connection of the device. API Gateway knows it at once if proper is
// true, else at once or later.
func (d *device) loseConn(ctx context.Context, a *actor, proper bool) {
	c := d.conn
	if c == nil {
		return
	}
	d.conn = nil
	if proper || d.s.rng.IntN(2) == 0 {
		d.s.note(a.name, "%s closes", c.id)
		d.s.closeConn(ctx, c)
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
			d.s.closeConn(ctx, c)
		}
	})
}

// key identifies a message in a view.
type key = timeline.Key
