// Package groupdata stores the attributes and the counters of groups. It implements the Store of
// the domain package groupdata.
//
// All attributes of a group are one item, and all counters another one. So a change of several
// attributes, or of several counters, is one write.
package groupdata

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	domain "parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/retry"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate GroupAttributes. It also reads the profile of the group in
// Groups, and a member in Members.
type Store struct{ core dynamo.Table }

var _ domain.Store = (*Store)(nil)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// Read implements groupdata.Store.
func (s *Store) Read(ctx context.Context, app int64, q domain.Query, strong bool) (domain.Snapshot, error) {
	group, attributes, counters := schema.GroupKey(app, q.Group), schema.GroupAttributesKey(app, q.Group), schema.GroupCountersKey(app, q.Group)
	member := schema.MemberKey(app, q.Group, q.User)
	keys := []dynamo.Key{group}
	if q.Attributes {
		keys = append(keys, attributes)
	}
	if q.Counters {
		keys = append(keys, counters)
	}
	if q.User != "" {
		keys = append(keys, member)
	}
	list, err := s.core.GetAll(ctx, keys, strong)
	if err != nil {
		return domain.Snapshot{}, err
	}
	found := make(map[dynamo.Key]dynamo.Item, len(keys))
	for i, k := range keys {
		found[k] = list[i]
	}
	return domain.Snapshot{
		Group: items.Group(q.Group, found[group]), Role: groups.Role(found[member].Int(schema.MemberRole)),
		Attributes: attributesOf(found[attributes]), Counters: countersOf(found[counters]),
	}, nil
}

func attributesOf(item dynamo.Item) domain.Attributes {
	a := domain.Attributes{
		Values: make(map[string]string), Version: item.Int(schema.GroupAttributesVersion),
		Second: item.Int(schema.GroupAttributesSecond), Writes: item.Int(schema.GroupAttributesWrites),
	}
	for stored := range item {
		if key, ok := schema.GroupAttribute.Cut(stored); ok {
			a.Values[key] = item.Text(schema.GroupAttribute.Of(key))
		}
	}
	return a
}

func countersOf(item dynamo.Item) domain.Counters {
	c := domain.Counters{Values: make(map[string]int64), Version: item.Int(schema.GroupCountersVersion)}
	for stored := range item {
		if key, ok := schema.GroupCounter.Cut(stored); ok {
			c.Values[key] = item.Int(schema.GroupCounter.Of(key))
		}
	}
	return c
}

// WriteAttributes implements groupdata.Store.
func (s *Store) WriteAttributes(ctx context.Context, app int64, group string, u domain.AttributesUpdate) (bool, error) {
	w := dynamo.NewUpdate(schema.GroupAttributesKey(app, group)).Set(schema.GroupAttributesVersion, dynamo.Num(u.Seen+1)).
		Set(schema.GroupAttributesSecond, dynamo.Num(u.Second)).Set(schema.GroupAttributesWrites, dynamo.Num(u.Writes)).
		If(dynamo.EqualsOrAbsent(schema.GroupAttributesVersion, dynamo.NumIfAny(u.Seen)))
	for _, key := range slices.Sorted(maps.Keys(u.Set)) {
		w.Set(schema.GroupAttribute.Of(key), dynamo.Str(u.Set[key]))
	}
	for _, key := range u.Deleted {
		w.Remove(schema.GroupAttribute.Of(key))
	}
	_, ok, err := s.core.Update(ctx, w)
	return ok, err
}

// ChangeCounters implements groupdata.Store. The first try is made without a read, and holds if all
// counters exist. If it does not hold, DynamoDB returns the counters as they are.
func (s *Store) ChangeCounters(ctx context.Context, app int64, group string, u domain.CountersUpdate) (domain.Counters, error) {
	key := schema.GroupCountersKey(app, group)
	first := counting(key, u, func(string) bool { return true })
	item, _, err := s.core.UpdateOrReplan(ctx, retry.Contended(), first, func(found dynamo.Item) (*dynamo.Update, error) {
		now := countersOf(found)
		if err := u.Check(now); err != nil {
			return nil, err
		}
		return counting(key, u, func(name string) bool { _, ok := now.Values[name]; return ok }), nil
	})
	if errors.Is(err, dynamo.ErrRetriesExhausted) {
		err = fault.New(fault.Conflict, "other calls make and delete counters of the group all the time, try again later")
	}
	return countersOf(item), err
}

// counting returns the update of counters that holds if those counters exist that exists says, and
// the others do not, and if after it every counter has 64 bits and there are not too many.
func counting(key dynamo.Key, u domain.CountersUpdate, exists func(string) bool) *dynamo.Update {
	w := dynamo.NewUpdate(key).Add(schema.GroupCountersVersion, dynamo.Num(1)).ReturnNew()
	created := 0
	for _, name := range slices.Sorted(maps.Keys(u.Values)) {
		counter, n := schema.GroupCounter.Of(name), u.Values[name]
		if u.Add {
			w.Add(counter, dynamo.Num(n))
		} else {
			w.Set(counter, dynamo.Num(n))
		}
		low, high := domain.Bounds(n)
		switch {
		case !exists(name):
			created++
			w.If(dynamo.Absent(counter))
		case u.Add && n > 0:
			w.If(dynamo.AtMost(counter, dynamo.Num(high)))
		case u.Add && n < 0:
			w.If(dynamo.AtLeast(counter, dynamo.Num(low)))
		default:
			w.If(dynamo.Exists(counter))
		}
	}
	if created > 0 {
		w.Add(schema.GroupCountersNumber, dynamo.Num(created)).
			If(dynamo.AbsentOr(dynamo.AtMost(schema.GroupCountersNumber, dynamo.Num(domain.MaxCounters-created))))
	}
	return w
}

// DeleteCounters implements groupdata.Store.
func (s *Store) DeleteCounters(ctx context.Context, app int64, group string, keys []string) (domain.Counters, bool, error) {
	w := dynamo.NewUpdate(schema.GroupCountersKey(app, group)).Add(schema.GroupCountersVersion, dynamo.Num(1)).
		Add(schema.GroupCountersNumber, dynamo.Num(-len(keys))).ReturnNew()
	for _, key := range keys {
		counter := schema.GroupCounter.Of(key)
		w.Remove(counter).If(dynamo.Exists(counter))
	}
	item, ok, err := s.core.Update(ctx, w)
	if err != nil {
		return domain.Counters{}, false, fmt.Errorf("delete counters: %w", err)
	}
	return countersOf(item), ok, nil
}
