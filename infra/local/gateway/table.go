package gateway

import (
	"sync"
	"time"
)

// A table knows the connections that posts can reach.
type table struct {
	mu     sync.RWMutex
	open   map[string]*conn
	closed bool
}

// put opens a connection for posts. It is false when the gateway has closed.
func (t *table) put(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.open[c.id] = c
	return true
}

func (t *table) get(id string) *conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.open[id]
}

func (t *table) drop(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, c.id)
}

func (t *table) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.open)
}

func (t *table) all() []*conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	all := make([]*conn, 0, len(t.open))
	for _, c := range t.open {
		all = append(all, c)
	}
	return all
}

// shut refuses further connections and returns the ones that are open.
func (t *table) shut() []*conn {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.all()
}

// limits returns the limits of this moment.
func (g *Gateway) limits() (idle, life time.Duration) {
	idle, life = g.options.Idle, g.options.Life
	if g.options.Limits != nil {
		l := g.options.Limits()
		if l.Idle > 0 {
			idle = l.Idle
		}
		if l.Life > 0 {
			life = l.Life
		}
	}
	return idle, life
}

// watch ends what has been silent, has lasted or does not read for too long.
// One goroutine looks at all connections in turn: a timer for each would cost
// more than this does, on every message.
func (g *Gateway) watch() {
	defer g.running.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-g.stop:
			return
		case <-timer.C:
		}
		idle, life := g.limits()
		now, wall := g.options.Now(), time.Now()
		for _, c := range g.table.all() {
			switch since := c.writeSince.Load(); {
			case since != 0 && wall.UnixMilli()-since > g.options.WriteTimeout.Milliseconds():
				g.slow.Add(1)
				c.shut(abnormal)
			case now.Sub(c.connected) >= life, now.UnixMilli()-c.active.Load() >= idle.Milliseconds():
				c.shut(goingAway)
			}
		}
		tick := min(idle, life, g.options.WriteTimeout) / 10
		if g.options.Limits != nil {
			// They may be shortened at any time, and should then hold soon.
			tick = min(tick, 100*time.Millisecond)
		}
		timer.Reset(min(max(tick, 2*time.Millisecond), time.Second))
	}
}
