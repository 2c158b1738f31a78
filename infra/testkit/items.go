package testkit

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/store"
)

// SetAttributes writes attributes to an item, past the store. Other attributes of the item stay
// as they are. An item that does not exist is made.
func (w *World) SetAttributes(ctx context.Context, table store.Table, k store.Key, attributes store.Item) error {
	name := store.Names(w.Server.Tables)[table]
	old, err := w.raw.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, Key: keyItem(k)})
	if err != nil {
		return err
	}
	item := old.Item
	if item == nil {
		item = keyItem(k)
	}
	maps.Copy(item, attributes)
	_, err = w.raw.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item})
	return err
}

// PartitionItems returns all items of a partition, past the store.
func (w *World) PartitionItems(tb testing.TB, table store.Table, pk string) []store.Item {
	tb.Helper()
	items, err := w.items(tb.Context(), table, pk)
	if err != nil {
		tb.Fatal(err)
	}
	return items
}

func (w *World) items(ctx context.Context, table store.Table, pk string) ([]store.Item, error) {
	name, strong, query := store.Names(w.Server.Tables)[table], true, "pk = :pk"
	var items []store.Item
	var from store.Item
	for {
		page, err := w.raw.Query(ctx, &dynamodb.QueryInput{
			TableName: &name, ConsistentRead: &strong, KeyConditionExpression: &query, ExclusiveStartKey: from,
			ExpressionAttributeValues: store.Item{":pk": stringValue(pk)},
		})
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if from = page.LastEvaluatedKey; from == nil {
			return items, nil
		}
	}
}

func keyItem(k store.Key) store.Item {
	return store.Item{"pk": stringValue(k.PK), "sk": stringValue(k.SK)}
}

// Number returns an attribute value that is a number.
func Number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// IntOf returns the number in an attribute of an item, 0 if the item does not have
// the attribute.
func IntOf(item store.Item, name string) (n int64) {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		_, _ = fmt.Sscan(v.Value, &n)
	}
	return n
}

func stringValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
