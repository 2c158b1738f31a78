package testkit

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
)

// SetAttributes writes attributes to an item, past the store. Other attributes of the item stay
// as they are. An item that does not exist is made.
func (w *World) SetAttributes(ctx context.Context, table schema.Table, k schema.Key, attributes dynamo.Item) error {
	name := schema.TableNames(w.Server.Tables)[table]
	old, err := Past[calls.GetItemOutput](ctx, w.Server, &calls.GetItemInput{TableName: &name, Key: dynamo.NewItem(k)})
	if err != nil {
		return err
	}
	item := old.Item
	if item == nil {
		item = dynamo.NewItem(k)
	}
	maps.Copy(item, attributes)
	_, err = Past[calls.PutItemOutput](ctx, w.Server, &calls.PutItemInput{TableName: &name, Item: item})
	return err
}

// Item returns an item that must exist, past the store.
func (w *World) Item(tb testing.TB, table schema.Table, k schema.Key) dynamo.Item {
	tb.Helper()
	name, strong := schema.TableNames(w.Server.Tables)[table], true
	out, err := Past[calls.GetItemOutput](tb.Context(), w.Server, &calls.GetItemInput{TableName: &name, ConsistentRead: &strong, Key: dynamo.NewItem(k)})
	if err != nil {
		tb.Fatal(err)
	}
	if out.Item == nil {
		tb.Fatalf("there is no item %q in %s", k, table)
	}
	return out.Item
}

// PartitionItems returns all items of a partition, past the store.
func (w *World) PartitionItems(tb testing.TB, table schema.Table, pk string) []dynamo.Item {
	tb.Helper()
	items, err := w.items(tb.Context(), table, pk)
	if err != nil {
		tb.Fatal(err)
	}
	return items
}

// UserPartitions returns the partitions of the table core that have what belongs to a user,
// that of the account first.
func UserPartitions(app int64, user string) []string {
	return []string{
		schema.AccountKey(app, user).PK, schema.ProfileKey(app, user).PK, schema.RelationsPK(app, user), schema.FollowsPK(app, user), schema.RowsPK(app, user),
	}
}

func (w *World) items(ctx context.Context, table schema.Table, pk string) ([]dynamo.Item, error) {
	name, strong, query := schema.TableNames(w.Server.Tables)[table], true, "pk = :pk"
	var items []dynamo.Item
	var from dynamo.Item
	for {
		page, err := Past[calls.QueryOutput](ctx, w.Server, &calls.QueryInput{
			TableName: &name, ConsistentRead: &strong, KeyConditionExpression: &query, ExclusiveStartKey: from,
			ExpressionAttributeValues: dynamo.Item{":pk": stringValue(pk)},
		})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			items = append(items, item)
		}
		if from = page.LastEvaluatedKey; from == nil {
			return items, nil
		}
	}
}

// Number returns an attribute value that is a number.
func Number(n int64) calls.Value {
	return &calls.Number{Value: fmt.Sprint(n)}
}

// IntOf returns the number in an attribute of an item, 0 if the item does not have
// the attribute.
func IntOf(item dynamo.Item, name string) (n int64) {
	if v, ok := item[name].(*calls.Number); ok {
		_, _ = fmt.Sscan(v.Value, &n)
	}
	return n
}

func stringValue(s string) calls.Value { return &calls.Text{Value: s} }
