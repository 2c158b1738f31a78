// Package archive stores which hours have been exported, and which ones are to be merged. It
// implements the Store of the domain package archive.
package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"

	domain "parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Exports.
type Store struct{ ops dynamo.Table }

var _ domain.Store = (*Store)(nil)

// New returns a Store over the table ops.
func New(ops dynamo.Table) *Store { return &Store{ops} }

// MarkPending implements archive.Store.
func (s *Store) MarkPending(ctx context.Context, p domain.PendingHour) error {
	item := dynamo.NewItem(schema.PendingKey(p.Hour))
	item.Set(schema.PendingToken, dynamo.Str(p.Token))
	return s.ops.Put(ctx, item)
}

// PendingHours implements archive.Store. The read is strong: ClearPending later removes the
// mark that was read here, only if it is still the latest one.
func (s *Store) PendingHours(ctx context.Context, before string, after domain.Hour, limit int) ([]domain.PendingHour, error) {
	from := ""
	if after != (domain.Hour{}) {
		from = schema.PendingKey(after).SK
	}
	return between(ctx, s.ops, schema.PendingPK(), from, before, limit, true, func(item dynamo.Item) (domain.PendingHour, bool) {
		h, ok := schema.ParsePendingSK(item.SK())
		return domain.PendingHour{Hour: h, Token: item.Text(schema.PendingToken)}, ok
	})
}

// between reads a page of a partition: the items with sort keys from from, exclusive, to to,
// inclusive. from may be empty. If items cannot be read, between reads on, so that a page
// which is not full is the last one.
func between[T any](
	ctx context.Context, ops dynamo.Table, pk, from, to string, limit int, strong bool, read func(dynamo.Item) (T, bool),
) (list []T, err error) {
	if from >= to {
		return nil, nil
	}
	q := dynamo.Query{PK: pk, Range: dynamo.FromTo(dynamo.Str(from+"\x00"), dynamo.Str(to)), Limit: limit, Strong: strong}
	for page, err := range ops.Pages(ctx, &q) {
		if err != nil {
			return nil, err
		}
		if list = items.AppendReadable(ctx, list, page.Items, read); len(list) >= limit {
			break
		}
	}
	return list[:min(len(list), limit)], nil
}

// IsPending implements archive.Store.
func (s *Store) IsPending(ctx context.Context, h domain.Hour) (bool, error) {
	item, err := s.ops.Get(ctx, schema.PendingKey(h), false)
	return item != nil, err
}

// ClearPending implements archive.Store. Its condition is the mark that the caller has read.
// Example: a merge reads mark m1, a new part comes with mark m2, and the merge unmarks
// the hour: m2 stays, and the hour is merged again.
func (s *Store) ClearPending(ctx context.Context, p domain.PendingHour) error {
	_, err := s.ops.DeleteIf(ctx, schema.PendingKey(p.Hour), dynamo.Equals(schema.PendingToken, dynamo.Str(p.Token)))
	return err
}

// Export implements archive.Store.
func (s *Store) Export(ctx context.Context, h domain.Hour, strong bool) (*domain.Export, error) {
	item, err := s.ops.Get(ctx, schema.ExportKey(h), strong)
	if err != nil || item == nil {
		return nil, err
	}
	e := export(h, item)
	return &e, nil
}

func export(h domain.Hour, item dynamo.Item) domain.Export {
	return domain.Export{
		Hour: h, Version: item.Int(schema.ExportVersion), Messages: item.Int(schema.ExportMessages),
		Size: item.Int(schema.ExportSize), GzipSize: item.Int(schema.ExportGzipSize),
		MD5: item.Text(schema.ExportMD5), GzipMD5: item.Text(schema.ExportGzipMD5), Merged: item.Int(schema.ExportMerged),
	}
}

// SaveExport implements archive.Store. Its condition is that the version before is
// stored. Example: two merges have read version 3. One saves version 4, the other
// returns false.
func (s *Store) SaveExport(ctx context.Context, e domain.Export) (bool, error) {
	item := dynamo.NewItem(schema.ExportKey(e.Hour))
	item.Set(schema.ExportVersion, dynamo.Num(e.Version))
	item.Set(schema.ExportMessages, dynamo.Num(e.Messages))
	item.Set(schema.ExportMerged, dynamo.Num(e.Merged))
	item.Set(schema.ExportSize, dynamo.Num(e.Size))
	item.Set(schema.ExportGzipSize, dynamo.Num(e.GzipSize))
	item.Set(schema.ExportMD5, dynamo.Str(e.MD5))
	item.Set(schema.ExportGzipMD5, dynamo.Str(e.GzipMD5))
	before := dynamo.Equals(schema.ExportVersion, dynamo.Num(e.Version-1))
	if e.Version == 1 {
		before = dynamo.ItemAbsent()
	}
	_, saved, err := s.ops.PutIf(ctx, item, before)
	return saved, err
}

// Exports implements archive.Store.
func (s *Store) Exports(ctx context.Context, app int64, t domain.ConversationType, after, before string, limit int) ([]domain.Export, error) {
	bound := func(hour string) string { return schema.ExportKey(domain.Hour{App: app, Type: t, Name: hour}).SK }
	list, err := between(ctx, s.ops, schema.ExportPK(app), bound(after), bound(before), limit, false, func(item dynamo.Item) (domain.Export, bool) {
		t, hour, ok := schema.ParseExportSK(item.SK())
		return export(domain.Hour{App: app, Type: t, Name: hour}, item), ok
	})
	return slices.DeleteFunc(list, func(e domain.Export) bool { return e.Name >= before }), err // between includes its upper end
}

// DeleteExport implements archive.Store.
func (s *Store) DeleteExport(ctx context.Context, h domain.Hour) error {
	return s.ops.Delete(ctx, schema.ExportKey(h))
}

// ErrUnreadable is wrapped by the error of a record that cannot be read, so that a
// repeat is of no use.
var ErrUnreadable = errors.New("unreadable")

// ReadInsertedMessage returns the message that was inserted, if r is the record of an inserted
// message of the table msg. It returns false for any other record: an edit, a removal, or an
// item that is not a message, and for a tip, which no user wrote. It fails with ErrUnreadable if the
// record or the message cannot be read.
func ReadInsertedMessage(r dynamo.StreamRecord) (domain.Record, bool, error) {
	if r.Unreadable != "" {
		return domain.Record{}, false, fmt.Errorf("%w: %s", ErrUnreadable, r.Unreadable)
	}
	k := r.Item.Key()
	app, id, inTimeline := schema.ParseTimelinePK(k.PK)
	_, message := schema.ParseMessageSK(id, k.SK)
	if !r.Insert || !message || !inTimeline {
		return domain.Record{}, false, nil
	}
	lesser, greater := id.Names()
	m, why := items.ParseMessage(r.Item, lesser, id)
	if why != "" {
		return domain.Record{}, false, fmt.Errorf("%w: %s: %s", ErrUnreadable, items.QuotedKey(r.Item), why)
	}
	if m.Tip != nil {
		return domain.Record{}, false, nil // nobody wrote it
	}
	return domain.Record{App: app, Position: position(m, k.SK) + schema.IDEnd + lesser + schema.IDEnd + greater, Message: m}, true, nil
}

// position returns what orders the messages of a file: the sort key, which begins with the time, or in
// a group, whose sort keys are numbers, the time and then the number. Example: message 900 of a busy
// group is older than message 3 of a quiet one, and comes before it in the file.
func position(m timeline.Message, sk string) string {
	if m.Chat.Kind() != chat.Group {
		return sk
	}
	return fmt.Sprintf("%s%08x%08x", schema.MessagePrefix, uint32(m.Time), m.Seq)
}
