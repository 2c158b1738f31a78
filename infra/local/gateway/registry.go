package gateway

import "sync"

// A registry holds the open connections by id, so that posts can reach them.
type registry struct {
	mu     sync.RWMutex
	open   map[string]*connection
	closed bool
}

// add makes a connection reachable. It returns false if the gateway is closed.
func (r *registry) add(c *connection) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.open[c.id] = c
	return true
}

func (r *registry) get(id string) *connection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.open[id]
}

func (r *registry) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c.id)
}

func (r *registry) len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.open)
}

func (r *registry) all() []*connection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]*connection, 0, len(r.open))
	for _, c := range r.open {
		all = append(all, c)
	}
	return all
}

// close refuses further connections and returns those that are open.
func (r *registry) close() []*connection {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.all()
}
