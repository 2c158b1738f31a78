package dynamo

import (
	"context"
	"fmt"
	"slices"

	"parley/shared/dynamo/calls"
	"parley/shared/retry"
)

// An eventually consistent read may show the table as it was a second ago. That is
// good enough for an item that it finds. It may miss an item that was written just
// now. So before a program says that something does not exist, it reads that item
// again, strongly. The second read costs 1 R for each such item, and is made only
// if the item is in doubt.
//
// Example: a backend writes the account of bob, and 100 ms later alice writes to bob. The
// replica that answers the first read does not have bob yet. The strong read finds him.

// maxBatchReads is the most keys of one BatchGetItem.
const maxBatchReads = 100

// Get reads one item. It returns nil if the item does not exist.
func (t Table) Get(ctx context.Context, k Key, strong bool) (Item, error) {
	out, err := do[calls.GetItemOutput](ctx, t.client, &calls.GetItemInput{TableName: &t.name, Key: NewItem(k), ConsistentRead: &strong})
	if err != nil {
		return nil, fmt.Errorf("get %q from %s: %w", k, t, err)
	}
	return out.Item, nil
}

// GetAll reads items by their keys, in the order of keys. An item that does not exist
// is nil. keys may have the same key twice. A key that DynamoDB does not accept has no
// item: if it were sent, DynamoDB would refuse the whole batch.
func (t Table) GetAll(ctx context.Context, keys []Key, strong bool) ([]Item, error) {
	found := make(map[Key]Item, len(keys))
	var distinct []Key
	for _, k := range keys {
		if _, seen := found[k]; !seen && k.Acceptable() {
			found[k] = nil
			distinct = append(distinct, k)
		}
	}
	for batch := range slices.Chunk(distinct, maxBatchReads) {
		unread := make([]calls.Attributes, len(batch))
		for i, k := range batch {
			unread[i] = NewItem(k)
		}
		done, err := retry.Do(ctx, t.client.clock, unprocessedPolicy(), func(int) (bool, error) {
			out, err := do[calls.BatchGetItemOutput](ctx, t.client, &calls.BatchGetItemInput{
				RequestItems: map[string]calls.KeysAndAttributes{t.name: {Keys: unread, ConsistentRead: &strong}},
			})
			if err != nil {
				return false, fmt.Errorf("batch get from %s: %w", t, err)
			}
			for _, item := range out.Responses[t.name] {
				found[Item(item).Key()] = item
			}
			unread = out.UnprocessedKeys[t.name].Keys
			return len(unread) == 0, nil
		})
		if err != nil {
			return nil, err
		}
		if !done {
			return nil, fmt.Errorf("batch get from %s: %d keys stay unread", t, len(unread))
		}
	}
	items := make([]Item, len(keys))
	for i, k := range keys {
		items[i] = found[k]
	}
	return items, nil
}

// GetConfirmed is GetAll with eventually consistent reads. It reads those items again,
// strongly, for which doubtful returns true; i is the position in keys.
func (t Table) GetConfirmed(ctx context.Context, keys []Key, doubtful func(i int, item Item) bool) ([]Item, error) {
	items, err := t.GetAll(ctx, keys, false)
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
	confirmed, err := t.GetAll(ctx, again, true)
	if err != nil {
		return nil, err
	}
	for n, i := range positions {
		items[i] = confirmed[n]
	}
	return items, nil
}

// RereadMissing doubts an item that was not found.
func RereadMissing(_ int, item Item) bool { return item == nil }
