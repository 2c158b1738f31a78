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
}

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
