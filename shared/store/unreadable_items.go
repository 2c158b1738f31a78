package store

import (
	"context"
	"strconv"

	"parley/shared/telemetry"
)

// An item is unreadable if this store never writes such an item: its key, its body or
// the type of an attribute is wrong. An unreadable item never fails the read of the
// items beside it: the page, list, batch or stream goes on without it. The log line of
// the call has the item's key, never its body.

// noteUnreadable adds an item to the log line of the call. why names the part of it
// that cannot be read.
func noteUnreadable(ctx context.Context, item Item, why string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, quotedKey(item)+": "+why)
}

func quotedKey(item Item) string {
	return strconv.Quote(text(item, "pk")) + " " + strconv.Quote(text(item, "sk"))
}

// readItems converts items, and leaves out those that read cannot convert.
func readItems[T any](ctx context.Context, items []Item, read func(Item) (T, bool)) []T {
	list := make([]T, 0, len(items))
	for _, item := range items {
		if v, ok := read(item); ok {
			list = append(list, v)
		} else {
			noteUnreadable(ctx, item, "key")
		}
	}
	return list
}
