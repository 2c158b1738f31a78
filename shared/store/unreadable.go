package store

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
	"parley/shared/telemetry"
)

// An item that cannot be read, because its key, its body or the type of an
// attribute is none that this store writes, never fails what is read beside it: a
// page, a list, a batch or a stream goes on without it. Its key goes into the log
// line of the call, its body does not.

func unreadable(ctx context.Context, item Item, why string) {
	telemetry.MeterOf(ctx).Note(telemetry.Unreadable, placeOf(item)+": "+why)
}

func placeOf(item Item) string {
	return strconv.Quote(text(item, "pk")) + " " + strconv.Quote(text(item, "sk"))
}

// numeric returns the first of some attributes that is there and no whole number.
func numeric(item Item, names ...string) (bad string) {
	for _, name := range names {
		v, there := item[name]
		if !there {
			continue
		}
		n, ok := v.(*types.AttributeValueMemberN)
		if !ok {
			return name
		}
		if _, err := strconv.ParseInt(n.Value, 10, 64); err != nil {
			return name
		}
	}
	return ""
}

// message reads a message of a timeline. One whose key can be read and whose rest
// cannot is shown as recalled: it keeps its place, so that nobody looks for it
// again and again. It returns false where the key cannot be read.
func message(ctx context.Context, item Item, user, peer string) (messages.Message, bool) {
	m, why := readMessage(item, user, peer)
	if why == "" {
		return m, true
	}
	unreadable(ctx, item, why)
	m.Content, m.Reactions, m.Recalled = messages.Content{}, nil, true
	return m, m.Key != messages.Key{}
}

// readable gives what a reader makes of items, without those that it refuses.
func readable[T any](ctx context.Context, items []Item, read func(Item) (T, bool)) []T {
	list := make([]T, 0, len(items))
	for _, item := range items {
		if v, ok := read(item); ok {
			list = append(list, v)
		} else {
			unreadable(ctx, item, "key")
		}
	}
	return list
}
