package gateway

import "time"

// limits returns the limits that hold now.
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

// endExpired closes the connections that were idle or open for too long, and those
// whose client does not read. One goroutine checks all connections again and again.
// That is cheaper than a timer for each connection, which every message would reset.
func (g *Gateway) endExpired() {
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
		now, realNow := g.options.Now(), time.Now()
		for _, c := range g.registry.all() {
			switch began := c.writeStarted.Load(); {
			case began != 0 && realNow.UnixMilli()-began > g.options.WriteTimeout.Milliseconds():
				g.slow.Add(1)
				c.close(abnormal)
			case now.Sub(c.connectedAt) >= life, now.UnixMilli()-c.lastActive.Load() >= idle.Milliseconds():
				c.close(goingAway)
			}
		}
		interval := min(idle, life, g.options.WriteTimeout) / 10
		if g.options.Limits != nil {
			// The limits can become shorter at any time, and must then soon hold.
			interval = min(interval, 100*time.Millisecond)
		}
		timer.Reset(min(max(interval, 2*time.Millisecond), time.Second))
	}
}
