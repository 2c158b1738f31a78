// Package telemetry counts what a call consumes, and writes one log line for each
// invocation. The line contains the metrics.
package telemetry

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Units are what a call consumed, in the units of docs/data-model.md: write request
// units, read request units, SQS requests, Lambda invocations, and posts to
// connections.
type Units struct {
	W float64 `json:"W"`
	R float64 `json:"R"`
	S int     `json:"S"`
	L int     `json:"L"`
	P int     `json:"P"`
}

// Add returns the sum of u and v.
func (u Units) Add(v Units) Units {
	return Units{W: u.W + v.W, R: u.R + v.R, S: u.S + v.S, L: u.L + v.L, P: u.P + v.P}
}

// Meter counts the units of one call, and, if it was made by NewRecorder, records the accesses
// that the call used. It is safe for concurrent use. A nil Meter counts nothing.
type Meter struct {
	mu      sync.Mutex
	units   Units
	touched map[string]struct{} // nil: they are not recorded
	notes   map[string]Note
}

// NewRecorder returns a Meter that records accesses. Tests compare them with what an operation
// declares; a deployed function does not spend time on their names.
func NewRecorder() *Meter { return &Meter{touched: make(map[string]struct{}, 8)} }

// Records reports whether the meter records accesses.
func (m *Meter) Records() bool { return m != nil && m.touched != nil }

// A Note counts failures of one kind that did not fail the call.
type Note struct {
	Count int
	Which []string // the keys or reasons of the first ones
}

// The kinds of notes.
const (
	Unreadable  = "unreadable"  // an item that cannot be read was left out
	Undelivered = "undelivered" // a change is stored, and a step after it failed
)

// maxWhich is how many failures of one kind are listed in the log line.
const maxWhich = 5

// meterKey is the key of a context's meter.
type meterKey struct{}

// WithMeter returns a context with a meter. It counts the calls of the store, the queues
// and the gateway that get the context.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// MeterOf returns the meter of a context. It returns nil if there is none.
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

// Touch records that the call used an access, for example "read accounts" or "post", if the Meter
// records accesses.
func (m *Meter) Touch(access string) {
	if !m.Records() {
		return
	}
	m.mu.Lock()
	m.touched[access] = struct{}{}
	m.mu.Unlock()
}

// Note records a failure that did not fail the call. which is written to the log: it must
// be a key or a reason, and nothing of a message body.
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
	if n.Count++; n.Count <= maxWhich {
		n.Which = append(n.Which, which)
	}
	m.notes[kind] = n
}

// Notes returns the notes so far, by kind.
func (m *Meter) Notes() map[string]Note {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.notes)
}

// Units returns the units counted so far.
func (m *Meter) Units() Units {
	if m == nil {
		return Units{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.units
}

// Touched returns the accesses used so far, sorted.
func (m *Meter) Touched() []string {
	if !m.Records() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.touched))
}
