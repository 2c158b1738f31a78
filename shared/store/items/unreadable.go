package items

import (
	"context"
	"slices"
	"strconv"

	"parley/shared/dynamo"
	"parley/shared/telemetry"
)

// An item is unreadable if the stores never write such an item: its key, its body or
// the type of an attribute is wrong. An unreadable item never fails the read of the
// items beside it: the page, list, batch or stream goes on without it. The log line of
// the call has the item's key, never its body.

// NoteUnreadable adds an item to the log line of the call. why names the part of it
// that cannot be read.
func NoteUnreadable(ctx context.Context, item dynamo.Item, why string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, QuotedKey(item)+": "+why)
}

// QuotedKey returns the key of an item as the log shows it.
func QuotedKey(item dynamo.Item) string {
	k := item.Key()
	return strconv.Quote(k.PK) + " " + strconv.Quote(k.SK)
}

// Readable converts items, and leaves out those that read cannot convert.
func Readable[T any](ctx context.Context, found []dynamo.Item, read func(dynamo.Item) (T, bool)) []T {
	return AppendReadable(ctx, make([]T, 0, len(found)), found, read)
}

// AppendReadable is Readable for a list that has the items of the pages before already.
func AppendReadable[T any](ctx context.Context, list []T, found []dynamo.Item, read func(dynamo.Item) (T, bool)) []T {
	list = slices.Grow(list, len(found))
	for _, item := range found {
		if v, ok := read(item); ok {
			list = append(list, v)
		} else {
			NoteUnreadable(ctx, item, "key")
		}
	}
	return list
}
