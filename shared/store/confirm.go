package store

import "context"

// A read that is eventually consistent may be a second behind. It does for what it
// finds; what it does not find may have been written just now: an account is
// imported and called at once. So what a caller would be refused for is read
// again, strongly, before it is believed. That costs a unit for each such item,
// and only where there is a refusal.

// confirmed is getAll, eventually consistent, with a second look, a strong one, at
// those items that doubtful names by their position.
func (s *Store) confirmed(ctx context.Context, t Table, keys []Key, doubtful func(i int, item Item) bool) ([]Item, error) {
	items, err := s.getAll(ctx, t, keys, false)
	if err != nil {
		return nil, err
	}
	var at []int
	var again []Key
	for i, item := range items {
		if doubtful(i, item) {
			at, again = append(at, i), append(again, keys[i])
		}
	}
	if len(again) == 0 {
		return items, nil
	}
	sure, err := s.getAll(ctx, t, again, true)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		items[i] = sure[n]
	}
	return items, nil
}

// absent is doubtful of what is not there.
func absent(_ int, item Item) bool { return item == nil }

// dead is doubtful of an account that is not there, or deleted: it may have been
// imported since.
func dead(item Item) bool { return item == nil || has(item, "del") }
