package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parley/shared/domain/archive"
)

// MarkPending implements archive.Store.
func (s *Store) MarkPending(ctx context.Context, p archive.PendingHour) error {
	item := PendingKey(p.Hour).attributes()
	item["m"] = str(p.Token)
	if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Ops), Item: item}); err != nil {
		return fmt.Errorf("mark hour: %w", err)
	}
	return nil
}

// PendingHours implements archive.Store. The read is strong: ClearPending later removes the
// mark that was read here, only if it is still the latest one.
func (s *Store) PendingHours(ctx context.Context, before string, after archive.Hour, limit int) ([]archive.PendingHour, error) {
	from := ""
	if after != (archive.Hour{}) {
		from = PendingKey(after).SK
	}
	return queryBetween(ctx, s, pendingPK, from, before, limit, true, func(item Item) (archive.PendingHour, bool) {
		h, ok := ParsePendingSK(text(item, "sk"))
		return archive.PendingHour{Hour: h, Token: text(item, "m")}, ok
	})
}

// queryBetween reads a page of a partition of Ops: the items with sort keys from from,
// exclusive, to to, inclusive. from may be empty. If items cannot be read, queryBetween
// reads on, so that a page which is not full is the last one.
func queryBetween[T any](
	ctx context.Context, s *Store, pk, from, to string, limit int, strong bool, read func(Item) (T, bool),
) (list []T, err error) {
	if from >= to {
		return nil, nil
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Ops), Limit: aws.Int32(int32(limit)), ConsistentRead: &strong,
		KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":from": str(from + "\x00"), ":to": str(to)},
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("query %q of %s: %w", pk, Ops, err)
		}
		list = append(list, readItems(ctx, out.Items, read)...)
		if len(list) >= limit || out.LastEvaluatedKey == nil {
			return list[:min(len(list), limit)], nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// IsPending implements archive.Store.
func (s *Store) IsPending(ctx context.Context, h archive.Hour) (bool, error) {
	item, err := s.get(ctx, Ops, PendingKey(h), false)
	return item != nil, err
}

// ClearPending implements archive.Store. Its condition is the mark that the caller has read.
// Example: a merge reads mark m1, a new part comes with mark m2, and the merge unmarks
// the hour: m2 stays, and the hour is merged again.
func (s *Store) ClearPending(ctx context.Context, p archive.PendingHour) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.name(Ops), Key: PendingKey(p.Hour).attributes(), ConditionExpression: aws.String("m = :m"),
		ExpressionAttributeValues: Item{":m": str(p.Token)},
	})
	if _, changed := failedCondition(err); changed {
		return nil
	}
	if err != nil {
		return fmt.Errorf("unmark hour: %w", err)
	}
	return nil
}

// Export implements archive.Store.
func (s *Store) Export(ctx context.Context, h archive.Hour, strong bool) (*archive.Export, error) {
	item, err := s.get(ctx, Ops, ExportKey(h), strong)
	if err != nil || item == nil {
		return nil, err
	}
	e := readExport(h, item)
	return &e, nil
}

func readExport(h archive.Hour, item Item) archive.Export {
	return archive.Export{
		Hour: h, Version: integer(item, "v"), Messages: integer(item, "n"), Size: integer(item, "ps"), GzipSize: integer(item, "zs"),
		MD5: text(item, "pm"), GzipMD5: text(item, "zm"), Merged: integer(item, "t"),
	}
}

// SaveExport implements archive.Store. Its condition is that the version before is
// stored. Example: two merges have read version 3. One saves version 4, the other
// returns false.
func (s *Store) SaveExport(ctx context.Context, e archive.Export) (bool, error) {
	item := ExportKey(e.Hour).attributes()
	item["v"], item["n"], item["t"] = num(e.Version), num(e.Messages), num(e.Merged)
	item["ps"], item["zs"], item["pm"], item["zm"] = num(e.Size), num(e.GzipSize), str(e.MD5), str(e.GzipMD5)
	in := &dynamodb.PutItemInput{
		TableName: s.name(Ops), Item: item, ConditionExpression: aws.String("v = :before"),
		ExpressionAttributeValues: Item{":before": num(e.Version - 1)},
	}
	if e.Version == 1 {
		in.ConditionExpression, in.ExpressionAttributeValues = aws.String("attribute_not_exists(pk)"), nil
	}
	_, err := s.db.PutItem(ctx, in)
	if _, changed := failedCondition(err); changed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save export: %w", err)
	}
	return true, nil
}

// Exports implements archive.Store.
func (s *Store) Exports(ctx context.Context, app int64, t archive.ConversationType, after, before string, limit int) ([]archive.Export, error) {
	bound := func(hour string) string { return ExportKey(archive.Hour{App: app, Type: t, Name: hour}).SK }
	list, err := queryBetween(ctx, s, ExportPK(app), bound(after), bound(before), limit, false, func(item Item) (archive.Export, bool) {
		t, hour, ok := ParseExportSK(text(item, "sk"))
		return readExport(archive.Hour{App: app, Type: t, Name: hour}, item), ok
	})
	return slices.DeleteFunc(list, func(e archive.Export) bool { return e.Name >= before }), err // BETWEEN includes its upper end
}

// DeleteExport implements archive.Store.
func (s *Store) DeleteExport(ctx context.Context, h archive.Hour) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Ops), Key: ExportKey(h).attributes()})
	if err != nil {
		return fmt.Errorf("delete export: %w", err)
	}
	return nil
}
