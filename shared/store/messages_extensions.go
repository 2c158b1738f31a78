package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// The extensions of a message: one item for each key and value (`b` value, `q` number of
// the change that wrote it), and one item of counters (`q` number of the last change,
// `cl` extensions up to this number are cleared, `n` number of extensions, `w` last
// minute with changes, `wc` number of changes in it, `v` version). They expire with the
// message.

func readExtensionCounters(item Item) timeline.ExtensionCounters {
	return timeline.ExtensionCounters{
		Latest: integer(item, "q"), Cleared: integer(item, "cl"), Count: int(integer(item, "n")),
		Minute: integer(item, "w"), Changes: int(integer(item, "wc")), Version: integer(item, "v"),
	}
}

func readExtension(item Item) (timeline.Extension, bool) {
	_, k, ok := ParseExtensionSK(text(item, "sk"))
	_, value := item["b"].(*types.AttributeValueMemberS)
	return timeline.Extension{Key: k, Value: text(item, "b"), Seq: integer(item, "q")}, ok && k != "" && value && firstNonInteger(item, "q") == ""
}

// ExtensionCounters implements timeline.ExtensionStore.
func (s *Store) ExtensionCounters(ctx context.Context, app int64, id chat.ID, m timeline.Key, keys []string) (timeline.ExtensionCounters, map[string]timeline.Extension, error) {
	itemKeys := []Key{ExtensionCountersKey(app, id, m)}
	for _, k := range keys {
		itemKeys = append(itemKeys, ExtensionKey(app, id, m, k))
	}
	items, err := s.getAll(ctx, Msg, itemKeys, true)
	if err != nil {
		return timeline.ExtensionCounters{}, nil, err
	}
	found := make(map[string]timeline.Extension)
	for i, k := range keys {
		if item := items[i+1]; item != nil {
			if e, ok := readExtension(item); ok {
				found[k] = e
			} else {
				noteUnreadable(ctx, item, "extension")
			}
		}
	}
	return readExtensionCounters(items[0]), found, nil
}

// AllExtensions implements timeline.ExtensionStore.
func (s *Store) AllExtensions(ctx context.Context, app int64, id chat.ID, m timeline.Key) (timeline.ExtensionCounters, []timeline.Extension, error) {
	var counters timeline.ExtensionCounters
	key := ExtensionCountersKey(app, id, m)
	items, err := s.query(ctx, Msg, key.PK, key.SK, false)
	if err != nil {
		return counters, nil, err
	}
	var list []timeline.Extension
	for _, item := range items {
		if text(item, "sk") == key.SK {
			counters = readExtensionCounters(item)
		} else if e, ok := readExtension(item); ok {
			list = append(list, e)
		} else {
			noteUnreadable(ctx, item, "extension")
		}
	}
	return counters, list, nil
}

// WriteExtensions implements timeline.ExtensionStore. The transaction's condition is the
// version of the counters. Example: ann and bob vote at once, and both have read version
// 4. One transaction writes version 5, the other is cancelled, and its caller reads again.
func (s *Store) WriteExtensions(ctx context.Context, app int64, id chat.ID, m timeline.Key, counters timeline.ExtensionCounters, put []timeline.Extension, remove []string) (bool, error) {
	item := ExtensionCountersKey(app, id, m).attributes()
	item["q"], item["cl"], item["n"], item["x"] = num(counters.Latest), num(counters.Cleared), num(counters.Count), num(counters.Expires)
	item["w"], item["wc"], item["v"] = num(counters.Minute), num(counters.Changes), num(counters.Version+1)
	countersPut := &types.Put{TableName: s.name(Msg), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if counters.Version > 0 {
		countersPut.ConditionExpression, countersPut.ExpressionAttributeValues = aws.String("v = :v"), Item{":v": num(counters.Version)}
	}
	writes := []types.TransactWriteItem{{Put: countersPut}}
	for _, e := range put {
		item := ExtensionKey(app, id, m, e.Key).attributes()
		item["b"], item["q"], item["x"] = str(e.Value), num(e.Seq), num(counters.Expires)
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: s.name(Msg), Item: item}})
	}
	for _, k := range remove {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Msg), Key: ExtensionKey(app, id, m, k).attributes(),
		}})
	}
	err := s.db.TransactOnce(ctx, writes)
	if cancellationReasons(err) != nil {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write extensions: %w", err)
	}
	return true, nil
}
