package store

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
)

// The keys of Live: sessions, subscriptions to presence and idempotency keys
// (docs/data-model.md §3).

const (
	skSession    = "-"
	skWatchCount = IDEnd
)

// SessionKey is the session of a user.
func SessionKey(app int64, user string) Key { return Key{appPrefix(app) + "S#" + user, skSession} }

// WatchersPK is the partition of those who subscribed to the presence of target.
func WatchersPK(app int64, target string) string { return appPrefix(app) + "PS#" + target }

// WatcherKey is watcher's subscription to the presence of target.
func WatcherKey(app int64, target, watcher string) Key { return Key{WatchersPK(app, target), watcher} }

// WatchedPK is the partition of those to whose presence watcher subscribed.
func WatchedPK(app int64, watcher string) string { return appPrefix(app) + "PW#" + watcher }

// WatchedKey is the same subscription as WatcherKey, in the partition of watcher.
func WatchedKey(app int64, watcher, target string) Key { return Key{WatchedPK(app, watcher), target} }

// WatchCountKey counts the subscriptions of watcher. Its sort key is Unit, which sorts
// before all ids, because ids are printable.
func WatchCountKey(app int64, watcher string) Key { return Key{WatchedPK(app, watcher), skWatchCount} }

// DedupKey remembers a send of user into a conversation for which the idempotency window in the row
// has no room.
func DedupKey(app int64, user string, id chat.ID, idempotencyKey uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%s%016x", rowName(user, id), IDEnd, idempotencyKey)}
}

// BatchKey remembers a batch send of user.
func BatchKey(app int64, user string, idempotencyKey uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%016x", IDEnd, idempotencyKey)}
}

// ParseDedupSK returns the conversation and the idempotency key of a remembered send of
// user. The conversation is the zero ID if the send was a batch.
func ParseDedupSK(user, sk string) (id chat.ID, idempotencyKey uint64, ok bool) {
	cut := strings.LastIndex(sk, IDEnd)
	if cut < 0 {
		return chat.ID{}, 0, false
	}
	name, digits := sk[:cut], sk[cut+len(IDEnd):]
	if len(digits) != 16 || strings.ToLower(digits) != digits {
		return chat.ID{}, 0, false
	}
	idempotencyKey, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return chat.ID{}, 0, false
	}
	if name == "" {
		return chat.ID{}, idempotencyKey, true
	}
	id, ok = cutRowName(user, name, "")
	return id, idempotencyKey, ok
}
