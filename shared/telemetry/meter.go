// Package telemetry measures and tells: what a call consumed, one log line per
// invocation, and the metrics that ride in it.
package telemetry

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Units are what a call consumed, in the units of docs/data-model.md: write
// request units, read request units, queue requests, invocations and posts.
type Units struct {
	W float64 `json:"W"`
	R float64 `json:"R"`
	S int     `json:"S"`
	L int     `json:"L"`
	P int     `json:"P"`
}

// Add returns the sum of two measurements.
func (u Units) Add(v Units) Units {
	return Units{W: u.W + v.W, R: u.R + v.R, S: u.S + v.S, L: u.L + v.L, P: u.P + v.P}
}

// Meter counts the units of one call and which parts of the system it touched.
// It is safe for concurrent use; a nil Meter counts nothing.
type Meter struct {
	mu      sync.Mutex
	units   Units
	touched map[string]struct{}
	notes   map[string]Note
}

// A Note is what went wrong in a call that succeeded all the same.
type Note struct {
	Count int
	Which []string // the first ones
}

// What a call notes.
const (
	Unreadable  = "unreadable"  // an item that cannot be read, and was left out
	Undelivered = "undelivered" // a message is stored, and a step after that failed
)

// notesKept is how many of the same kind are told one by one.
const notesKept = 5

type meterKey struct{}

// WithMeter returns a context whose store, queue and gateway calls are counted.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// MeterOf returns the context's meter, nil where there is none.
func MeterOf(ctx context.Context) *Meter {
	m, _ := ctx.Value(meterKey{}).(*Meter)
	return m
}

// Count adds units.
func (m *Meter) Count(u Units) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.units = m.units.Add(u)
	m.mu.Unlock()
}

// Touch notes an access such as "read accounts" or "post".
func (m *Meter) Touch(access string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	if m.touched == nil {
		m.touched = make(map[string]struct{}, 8)
	}
	m.touched[access] = struct{}{}
	m.mu.Unlock()
}

// Note notes what went wrong and did not fail the call. What it says goes into the
// log: keys and reasons, nothing of a body.
func (m *Meter) Note(kind, which string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notes == nil {
		m.notes = make(map[string]Note, 1)
	}
	n := m.notes[kind]
	if n.Count++; n.Count <= notesKept {
		n.Which = append(n.Which, which)
	}
	m.notes[kind] = n
}

// Notes returns what was noted so far, by kind.
func (m *Meter) Notes() map[string]Note {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.notes)
}

// Units returns what was counted so far.
func (m *Meter) Units() Units {
	if m == nil {
		return Units{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.units
}

// Touched returns the accesses noted so far, sorted.
func (m *Meter) Touched() []string {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.touched))
}
