package timeline

import (
	"context"
	"fmt"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// The extensions of a message are one item for each key and value, and one item of counters.
// They expire with the message.

func extensionCounters(item dynamo.Item) domain.ExtensionCounters {
	return domain.ExtensionCounters{
		Latest: item.Int(schema.ExtensionsLatest), Cleared: item.Int(schema.ExtensionsCleared), Count: int(item.Int(schema.ExtensionsCount)),
		Minute: item.Int(schema.ExtensionsMinute), Changes: int(item.Int(schema.ExtensionsChanges)), Version: item.Int(schema.ExtensionsVersion),
	}
}

func extension(id chat.ID, item dynamo.Item) (domain.Extension, bool) {
	_, k, ok := schema.ParseExtensionSK(id, item.SK())
	e := domain.Extension{Key: k, Value: item.Text(schema.ExtensionValue), Seq: item.Int(schema.ExtensionSeq)}
	return e, ok && k != "" && item.HasText(schema.ExtensionValue) && item.FirstNonInteger(schema.ExtensionSeq) == ""
}

// ExtensionCounters implements timeline.ExtensionStore.
func (s *Store) ExtensionCounters(
	ctx context.Context, app int64, id chat.ID, m domain.Key, keys []string,
) (domain.ExtensionCounters, map[string]domain.Extension, error) {
	itemKeys := []dynamo.Key{schema.ExtensionCountersKey(app, id, m)}
	for _, k := range keys {
		itemKeys = append(itemKeys, schema.ExtensionKey(app, id, m, k))
	}
	list, err := s.msg.GetAll(ctx, itemKeys, true)
	if err != nil {
		return domain.ExtensionCounters{}, nil, err
	}
	found := make(map[string]domain.Extension)
	for i, k := range keys {
		if item := list[i+1]; item != nil {
			if e, ok := extension(id, item); ok {
				found[k] = e
			} else {
				items.NoteUnreadable(ctx, item, "extension")
			}
		}
	}
	return extensionCounters(list[0]), found, nil
}

// AllExtensions implements timeline.ExtensionStore.
func (s *Store) AllExtensions(ctx context.Context, app int64, id chat.ID, m domain.Key) (domain.ExtensionCounters, []domain.Extension, error) {
	var counters domain.ExtensionCounters
	key := schema.ExtensionCountersKey(app, id, m)
	found, err := s.msg.QueryAll(ctx, key.PK, key.SK, false)
	if err != nil {
		return counters, nil, err
	}
	var list []domain.Extension
	for _, item := range found {
		if item.SK() == key.SK {
			counters = extensionCounters(item)
		} else if e, ok := extension(id, item); ok {
			list = append(list, e)
		} else {
			items.NoteUnreadable(ctx, item, "extension")
		}
	}
	return counters, list, nil
}

// WriteExtensions implements timeline.ExtensionStore. The transaction's condition is the
// version of the counters. Example: ann and bob vote at once, and both have read version
// 4. One transaction writes version 5, the other is cancelled, and its caller reads again.
func (s *Store) WriteExtensions(
	ctx context.Context, app int64, id chat.ID, m domain.Key, c domain.ExtensionCounters, put []domain.Extension, remove []string,
) (bool, error) {
	expires := dynamo.Num(c.Expires)
	counters := dynamo.NewItem(schema.ExtensionCountersKey(app, id, m))
	counters.Set(schema.ExtensionsLatest, dynamo.Num(c.Latest))
	counters.Set(schema.ExtensionsCleared, dynamo.Num(c.Cleared))
	counters.Set(schema.ExtensionsCount, dynamo.Num(c.Count))
	counters.Set(schema.ExtensionsMinute, dynamo.Num(c.Minute))
	counters.Set(schema.ExtensionsChanges, dynamo.Num(c.Changes))
	counters.Set(schema.ExtensionsVersion, dynamo.Num(c.Version+1))
	counters.Set(schema.Expires, expires)
	unchanged := dynamo.ItemAbsent()
	if c.Version > 0 {
		unchanged = dynamo.Equals(schema.ExtensionsVersion, dynamo.Num(c.Version))
	}
	writes := []dynamo.Write{dynamo.Put(counters, unchanged)}
	for _, e := range put {
		item := dynamo.NewItem(schema.ExtensionKey(app, id, m, e.Key))
		item.Set(schema.ExtensionValue, dynamo.Str(e.Value))
		item.Set(schema.ExtensionSeq, dynamo.Num(e.Seq))
		item.Set(schema.Expires, expires)
		writes = append(writes, dynamo.Put(item))
	}
	for _, k := range remove {
		writes = append(writes, dynamo.Delete(schema.ExtensionKey(app, id, m, k)))
	}
	err := s.msg.TransactOnce(ctx, writes...)
	if dynamo.CancellationReasons(err) != nil {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write extensions: %w", err)
	}
	return true, nil
}
