package groupdata

import (
	"context"
	"maps"
	"math"
	"slices"

	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// Counters reads the counters of a group: those with the keys or, if keys is nil, all. Keys that do
// not exist are left out.
func (s Service) Counters(ctx context.Context, by groups.Actor, group string, keys []string) (Counters, error) {
	if err := s.checkEdition(); err != nil {
		return Counters{}, err
	}
	q := query(by, group)
	q.Counters = true
	found, err := s.find(ctx, by, q, false)
	return found.Counters.only(keys), err
}

// only returns the counters with the keys; nil: all.
func (c Counters) only(keys []string) Counters {
	if keys == nil {
		return c
	}
	out := Counters{Values: make(map[string]int64), Version: c.Version}
	for _, key := range keys {
		if n, ok := c.Values[key]; ok {
			out.Values[key] = n
		}
	}
	return out
}

func (s Service) checkEdition() error {
	if !s.settings.Counters {
		return fault.New(fault.AppLimit, "the application's edition has no counters of groups")
	}
	return nil
}

// A CountersUpdate sets counters to values, or adds values to them. A counter that does not exist
// begins at 0.
type CountersUpdate struct {
	Add    bool // else the values are set
	Values map[string]int64
}

// Negative returns the update that subtracts what u adds. It fails with Invalid for the least
// number of 64 bits, which has no negative.
func (u CountersUpdate) Negative() (CountersUpdate, error) {
	out := CountersUpdate{Add: u.Add, Values: make(map[string]int64, len(u.Values))}
	for key, n := range u.Values {
		if n == math.MinInt64 {
			return out, fault.At(fault.Invalid, fault.Counters, "a counter of 64 bits cannot decrease by %d", n)
		}
		out.Values[key] = -n
	}
	return out, nil
}

// Check refuses a change of counters, which are now like this, after which a counter would not have
// 64 bits, or the group would have too many counters.
func (u CountersUpdate) Check(now Counters) error {
	number := len(now.Values)
	for _, key := range slices.Sorted(maps.Keys(u.Values)) {
		before, ok := now.Values[key]
		if !ok {
			number++
		}
		if low, high := Bounds(u.Values[key]); u.Add && (before < low || before > high) {
			return fault.At(fault.Invalid, fault.Counters, "the counter %q is %d, with %d more it would not have 64 bits", key, before, u.Values[key])
		}
	}
	if number > MaxCounters {
		return tooManyCounters()
	}
	return nil
}

func tooManyCounters() error {
	return fault.At(fault.CounterLimit, fault.Counters, "a group has at most %d counters", MaxCounters)
}

// Bounds returns the least and the greatest counter to which n can be added.
func Bounds(n int64) (low, high int64) {
	if n > 0 {
		return math.MinInt64, math.MaxInt64 - n
	}
	return math.MinInt64 - n, math.MaxInt64
}

// ChangeCounters changes counters of a group, all or none, and returns the new values of those that
// it changes. Calls at the same time all count: 50 calls that add 1 add 50.
func (s Service) ChangeCounters(ctx context.Context, by groups.Actor, group string, u CountersUpdate, origin delivery.Origin) (Counters, error) {
	if err := s.checkEdition(); err != nil {
		return Counters{}, err
	}
	keys := slices.Sorted(maps.Keys(u.Values))
	for _, key := range keys {
		if err := checkCounterKey(key); err != nil {
			return Counters{}, err
		}
	}
	if len(keys) > MaxCounters {
		return Counters{}, tooManyCounters()
	}
	found, err := s.find(ctx, by, query(by, group), false)
	if err != nil {
		return Counters{}, err
	}
	now, err := s.store.ChangeCounters(ctx, s.app, group, u)
	if err != nil {
		return Counters{}, err
	}
	now = now.only(keys)
	s.deliver(ctx, *found.Group, origin, CountersChanged{Group: group, Set: now.Values, Version: now.Version, TimeMs: s.clock.Now().UnixMilli()})
	return now, nil
}

// deletedCounters is a plan to delete counters.
type deletedCounters struct {
	keys  []string // sorted
	group groups.Group
}

// Empty implements unitofwork.Plan.
func (d deletedCounters) Empty() bool { return len(d.keys) == 0 }

// DeleteCounters deletes counters of a group: those with the keys or, if keys is nil, all. Keys that
// do not exist are skipped. Every read is strong, so that it deletes the counters that the call
// before this one has made.
func (s Service) DeleteCounters(ctx context.Context, by groups.Actor, group string, keys []string, origin delivery.Origin) error {
	if err := s.checkEdition(); err != nil {
		return err
	}
	q := query(by, group)
	q.Counters = true
	var left Counters
	d, err := unitofwork.New(
		func(ctx context.Context, _ bool) (Snapshot, error) { return s.find(ctx, by, q, true) },
		func(found Snapshot) (deletedCounters, error) {
			return deletedCounters{slices.Sorted(maps.Keys(found.Counters.only(keys).Values)), *found.Group}, nil
		},
		func(ctx context.Context, d deletedCounters) (done bool, err error) {
			left, done, err = s.store.DeleteCounters(ctx, s.app, group, d.keys)
			return done, err
		},
	).Run(ctx, s.clock, fault.New(fault.Conflict, "other calls delete counters of the group all the time, try again later"))
	if err != nil || d.Empty() {
		return err
	}
	s.deliver(ctx, d.group, origin, CountersChanged{Group: group, Deleted: d.keys, Version: left.Version, TimeMs: s.clock.Now().UnixMilli()})
	return nil
}
