package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/archive"
)

// A Change is what the stream of a table brings of one item.
type Change struct {
	Insert bool // the item was not there before
	Item   Item // as it is now; nil where it was removed
	// Unreadable says what of the change cannot be read; it has nothing else then.
	Unreadable string
}

// streamed is a value as a stream writes it, of the kinds that items have.
type streamed struct {
	S    *string
	N    *string
	B    *[]byte
	BOOL *bool
	NULL *bool
	SS   []string
	NS   []string
	BS   [][]byte
	L    []streamed
	M    map[string]streamed
}

func (v streamed) value() types.AttributeValue {
	switch {
	case v.S != nil:
		return str(*v.S)
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}
	case v.B != nil:
		return bin(*v.B)
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}
	case v.NULL != nil:
		return &types.AttributeValueMemberNULL{Value: *v.NULL}
	case v.SS != nil:
		return &types.AttributeValueMemberSS{Value: v.SS}
	case v.NS != nil:
		return &types.AttributeValueMemberNS{Value: v.NS}
	case v.BS != nil:
		return &types.AttributeValueMemberBS{Value: v.BS}
	case v.L != nil:
		list := make([]types.AttributeValue, len(v.L))
		for i, inner := range v.L {
			list[i] = inner.value()
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	m := make(Item, len(v.M))
	for name, inner := range v.M {
		m[name] = inner.value()
	}
	return &types.AttributeValueMemberM{Value: m}
}

// ReadChanges reads an event of a table's stream. A record that cannot be read is
// a change that says so: an error would have the stream bring the batch again and
// again, until its records expire.
func ReadChanges(event []byte) ([]Change, error) {
	var e struct{ Records []json.RawMessage }
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("event of a stream: %w", err)
	}
	changes := make([]Change, len(e.Records))
	for i, record := range e.Records {
		var r struct {
			ID   string `json:"eventID"`
			Name string `json:"eventName"`
			DB   struct {
				New map[string]streamed `json:"NewImage"`
			} `json:"dynamodb"`
		}
		if err := json.Unmarshal(record, &r); err != nil {
			changes[i].Unreadable = fmt.Sprintf("record %d (%q) of the stream", i, r.ID)
			continue
		}
		changes[i].Insert = r.Name == "INSERT"
		if r.DB.New != nil {
			changes[i].Item = streamed{M: r.DB.New}.value().(*types.AttributeValueMemberM).Value
		}
	}
	return changes, nil
}

// ErrUnreadable is wrapped by the error of a record that is never read, however
// often it is tried.
var ErrUnreadable = errors.New("unreadable")

// Stored returns the message that a change of Msg stored, and false for a change
// that is none: an edit, a removal, an item of another kind. It fails with
// ErrUnreadable for a message that cannot be read.
func (c Change) Stored() (archive.Record, bool, error) {
	if c.Unreadable != "" {
		return archive.Record{}, false, fmt.Errorf("%w: %s", ErrUnreadable, c.Unreadable)
	}
	sk := text(c.Item, "sk")
	_, message := ParseMessageSK(sk)
	app, lesser, greater, timeline := ParseTimelinePK(text(c.Item, "pk"))
	if !c.Insert || !message || !timeline {
		return archive.Record{}, false, nil
	}
	m, why := readMessage(c.Item, lesser, greater)
	if why != "" {
		return archive.Record{}, false, fmt.Errorf("%w: %s: %s", ErrUnreadable, placeOf(c.Item), why)
	}
	return archive.Record{App: app, Place: sk + Unit + lesser + Unit + greater, Message: m}, true, nil
}

// MarkPending implements archive.Store.
func (s *Store) MarkPending(ctx context.Context, p archive.Pending) error {
	item := PendingKey(p.Hour).attributes()
	item["m"] = str(p.Mark)
	if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Ops), Item: item}); err != nil {
		return fmt.Errorf("mark hour: %w", err)
	}
	return nil
}

// PendingHours implements archive.Store. The read is strong: who unmarks an hour
// must have seen the latest mark.
func (s *Store) PendingHours(ctx context.Context, before string, after archive.Hour, limit int) ([]archive.Pending, error) {
	from := ""
	if after != (archive.Hour{}) {
		from = PendingKey(after).SK
	}
	return between(ctx, s, pendingPK, from, before, limit, true, func(item Item) (archive.Pending, bool) {
		h, ok := ParsePendingSK(text(item, "sk"))
		return archive.Pending{Hour: h, Mark: text(item, "m")}, ok
	})
}

// between reads a page of a partition of Ops, both bounds exclusive. The lower
// one may be empty. A page that is not full is the last one, also where items of
// it cannot be read.
func between[T any](
	ctx context.Context, s *Store, pk, from, before string, limit int, strong bool, read func(Item) (T, bool),
) (list []T, err error) {
	if from >= before {
		return nil, nil
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Ops), Limit: aws.Int32(int32(limit)), ConsistentRead: &strong, //nolint:gosec // pages are small
		KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":from": str(from + "\x00"), ":to": str(before)},
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("query %q of %s: %w", pk, Ops, err)
		}
		list = append(list, readable(ctx, out.Items, read)...)
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

// Unmark implements archive.Store.
func (s *Store) Unmark(ctx context.Context, p archive.Pending) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.name(Ops), Key: PendingKey(p.Hour).attributes(), ConditionExpression: aws.String("m = :m"),
		ExpressionAttributeValues: Item{":m": str(p.Mark)},
	})
	if _, another := refused(err); another {
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

// SaveExport implements archive.Store.
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
	if _, other := refused(err); other {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save export: %w", err)
	}
	return true, nil
}

// Exports implements archive.Store.
func (s *Store) Exports(ctx context.Context, app int64, t archive.Type, after, before string, limit int) ([]archive.Export, error) {
	bound := func(hour string) string { return ExportKey(archive.Hour{App: app, Type: t, Name: hour}).SK }
	list, err := between(ctx, s, ExportPK(app), bound(after), bound(before), limit, false, func(item Item) (archive.Export, bool) {
		t, hour, ok := ParseExportSK(text(item, "sk"))
		return readExport(archive.Hour{App: app, Type: t, Name: hour}, item), ok
	})
	return slices.DeleteFunc(list, func(e archive.Export) bool { return e.Name >= before }), err // the upper bound is inclusive
}

// DeleteExport implements archive.Store.
func (s *Store) DeleteExport(ctx context.Context, h archive.Hour) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Ops), Key: ExportKey(h).attributes()})
	if err != nil {
		return fmt.Errorf("delete export: %w", err)
	}
	return nil
}
