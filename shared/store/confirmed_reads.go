package store

import "context"

// An eventually consistent read may show the table as it was a second ago. That is
// good enough for an item that it finds. It may miss an item that was written just
// now: a backend imports an account and uses it at once. So before the store says
// that something does not exist, which would refuse the caller, it reads that item
// again, strongly. The second read costs 1 R for each such item, and is made only
// if the caller would be refused.
//
// Example: a backend imports bob, and 100 ms later alice writes to bob. The replica
// that answers the first read does not have bob yet. The strong read finds him.

// getConfirmed is getAll with eventually consistent reads. It reads those items again,
// strongly, for which doubtful returns true; i is the position in keys.
func (s *Store) getConfirmed(ctx context.Context, t Table, keys []Key, doubtful func(i int, item Item) bool) ([]Item, error) {
	items, err := s.getAll(ctx, t, keys, false)
	if err != nil {
		return nil, err
	}
	var positions []int
	var again []Key
	for i, item := range items {
		if doubtful(i, item) {
			positions, again = append(positions, i), append(again, keys[i])
		}
	}
	if len(again) == 0 {
		return items, nil
	}
	confirmed, err := s.getAll(ctx, t, again, true)
	if err != nil {
		return nil, err
	}
	for n, i := range positions {
		items[i] = confirmed[n]
	}
	return items, nil
}

// notFound doubts an item that was not found.
func notFound(_ int, item Item) bool { return item == nil }

// notAlive doubts an account that was not found or is deleted: it may have been
// imported since.
func notAlive(item Item) bool { return item == nil || has(item, "del") }
