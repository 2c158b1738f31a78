package groupdata

import (
	"context"
	"maps"
	"slices"

	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/unitofwork"
)

// Attributes reads the attributes of a group.
func (s Service) Attributes(ctx context.Context, by groups.Actor, group string) (Attributes, error) {
	q := query(by, group)
	q.Attributes = true
	found, err := s.find(ctx, by, q, false)
	return found.Attributes, err
}

// SetAttributes adds attributes, or overwrites them. The others stay or, if replace is true, are
// deleted. What is as it was is no change: it is not written, and nobody is notified of it. It returns
// the version of the attributes after the call.
func (s Service) SetAttributes(
	ctx context.Context, by groups.Actor, group string, values map[string]string, replace bool, origin delivery.Origin,
) (version int64, err error) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := checkAttribute(key, values[key]); err != nil {
			return 0, err
		}
	}
	return s.change(ctx, by, group, origin, func(now map[string]string) error {
		if replace {
			clear(now)
		}
		maps.Copy(now, values)
		return nil
	})
}

// ClearAttributes deletes all attributes of a group, and returns the version after that.
func (s Service) ClearAttributes(ctx context.Context, by groups.Actor, group string, origin delivery.Origin) (version int64, err error) {
	return s.SetAttributes(ctx, by, group, nil, true, origin)
}

// DeleteAttributes deletes attributes. If one of the keys does not exist, it fails with
// AttributeUnknown and deletes nothing. It returns the version of the attributes after the call.
func (s Service) DeleteAttributes(
	ctx context.Context, by groups.Actor, group string, keys []string, origin delivery.Origin,
) (version int64, err error) {
	for _, key := range keys {
		if err := checkAttributeKey(key); err != nil {
			return 0, err
		}
	}
	return s.change(ctx, by, group, origin, func(now map[string]string) error {
		for _, key := range keys {
			if _, ok := now[key]; !ok {
				return fault.At(fault.AttributeUnknown, fault.Attributes, "the group has no attribute %q", key)
			}
		}
		for _, key := range keys {
			delete(now, key)
		}
		return nil
	})
}

// An AttributesUpdate is a change of the attributes of a group.
type AttributesUpdate struct {
	Seen    int64             // the version that the change is planned from; 0: there was none
	Set     map[string]string // attributes that are new or have another value
	Deleted []string          // keys, sorted
	// Second and Writes are those of Attributes after the change.
	Second, Writes int64

	group groups.Group
}

// Empty implements unitofwork.Plan.
func (u AttributesUpdate) Empty() bool { return len(u.Set)+len(u.Deleted) == 0 }

// change makes a change of the attributes of a group, which edit makes of a copy of them.
//
// The first read is eventually consistent, and a plan that writes nothing is confirmed by a strong
// one. If another call writes first, the change is planned again from what that call has written:
// no call says which version it knows. Example: alice sets "round" while bob sets "board". The
// group has both after that.
func (s Service) change(
	ctx context.Context, by groups.Actor, group string, origin delivery.Origin, edit func(map[string]string) error,
) (version int64, err error) {
	if err := groups.CheckID(group); err != nil {
		return 0, err
	}
	q := query(by, group)
	q.Attributes = true
	u, err := unitofwork.New(
		func(ctx context.Context, again bool) (Snapshot, error) { return s.store.Read(ctx, s.app, q, again) },
		func(found Snapshot) (AttributesUpdate, error) {
			if err := found.check(by, q); err != nil {
				return AttributesUpdate{}, err
			}
			u, err := found.Attributes.plan(edit, s.clock.Now().Unix())
			u.group = *found.Group
			return u, err
		},
		func(ctx context.Context, u AttributesUpdate) (bool, error) {
			return s.store.WriteAttributes(ctx, s.app, group, u)
		},
	).ConfirmSecondRead().Run(ctx, s.clock, fault.New(fault.AttributeConflict, "other calls change the attributes of the group all the time, try again later"))
	if err != nil || u.Empty() {
		return u.Seen, err
	}
	version = u.Seen + 1
	s.deliver(ctx, u.group, origin, AttributesChanged{
		Group: group, Set: u.Set, Deleted: u.Deleted, Version: version, TimeMs: s.clock.Now().UnixMilli(),
	})
	return version, nil
}

// plan returns the update that makes of attributes what edit makes of a copy of them, at a time in
// Unix seconds. It refuses attributes beyond the limits, and a change too many in one second.
func (a Attributes) plan(edit func(map[string]string) error, now int64) (AttributesUpdate, error) {
	u := AttributesUpdate{Seen: a.Version, Set: make(map[string]string)}
	next := maps.Clone(a.Values)
	if next == nil {
		next = make(map[string]string)
	}
	if err := edit(next); err != nil {
		return u, err
	}
	size := 0
	for key, value := range next {
		size += len(key) + len(value)
		if before, ok := a.Values[key]; !ok || before != value {
			u.Set[key] = value
		}
	}
	for key := range a.Values {
		if _, ok := next[key]; !ok {
			u.Deleted = append(u.Deleted, key)
		}
	}
	slices.Sort(u.Deleted)
	// The clock of another function may be ahead, in the next second already: then it is that second.
	u.Second, u.Writes = max(now, a.Second), 1
	if u.Second == a.Second {
		u.Writes += a.Writes
	}
	switch {
	case len(next) > MaxAttributes:
		return u, fault.At(fault.AttributeLimit, fault.Attributes, "the group would have %d attributes, a group has at most %d", len(next), MaxAttributes)
	case size > MaxAttributesSize:
		return u, fault.At(fault.AttributeSize, fault.Attributes, "the attributes of the group would have %d bytes, they have at most %d together", size, MaxAttributesSize)
	case u.Writes > MaxAttributeRate && !u.Empty():
		return u, fault.At(fault.AttributeRate, fault.Attributes, "the attributes of a group change at most %d times in a second", MaxAttributeRate)
	}
	return u, nil
}
