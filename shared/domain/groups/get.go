package groups

import (
	"context"

	"parley/shared/fault"
)

// MaxGet is how many groups a call reads at most (docs/spec/tencent §16.10).
const MaxGet = 50

// Get reads groups, in the order of ids. The item of a group that does not exist, or was
// destroyed, is an error with GroupUnknown, and that of an id that no group can have one with
// GroupIDInvalid.
func (s Service) Get(ctx context.Context, ids []string) ([]*Group, []error, error) {
	if len(ids) > MaxGet {
		return nil, nil, fault.At(fault.BatchTooLarge, fault.Group, "a call reads at most %d groups", MaxGet)
	}
	errs := make([]error, len(ids))
	var valid []string
	for i, id := range ids {
		if errs[i] = CheckID(id); errs[i] == nil {
			valid = append(valid, id)
		}
	}
	found, err := s.store.Groups(ctx, s.app, valid)
	if err != nil {
		return nil, nil, err
	}
	list := make([]*Group, len(ids))
	for i, id := range ids {
		if errs[i] != nil {
			continue
		}
		g := found[0]
		found = found[1:]
		if errs[i] = g.Exists(id); errs[i] == nil {
			list[i] = g
		}
	}
	return list, errs, nil
}

// Find reads one group. It fails with GroupUnknown and GroupIDInvalid as the items of Get do.
func (s Service) Find(ctx context.Context, id string) (Group, error) {
	list, errs, err := s.Get(ctx, []string{id})
	if err == nil {
		err = errs[0]
	}
	if err != nil {
		return Group{}, err
	}
	return *list[0], nil
}

// Heads reads the heads of groups, in the order of the list; nil for a group that is nil.
func (s Service) Heads(ctx context.Context, list []*Group) ([]*Head, error) {
	heads := make([]*Head, len(list))
	var ids []string
	var places []int // in list
	for i, g := range list {
		if g != nil {
			ids, places = append(ids, g.ID), append(places, i)
		}
	}
	found, err := s.store.Heads(ctx, s.app, ids)
	for n, i := range places {
		if err == nil {
			heads[i] = found[n]
		}
	}
	return heads, err
}
