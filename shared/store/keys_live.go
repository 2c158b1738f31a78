package store

import (
	"fmt"
	"strconv"
	"strings"
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

// DedupKey remembers a send of user to peer for which the idempotency window in the row
// has no room.
func DedupKey(app int64, user, peer string, idempotencyKey uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%s%016x", peer, IDEnd, idempotencyKey)}
}

// BatchKey remembers a batch send of user.
func BatchKey(app int64, user string, idempotencyKey uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%016x", IDEnd, idempotencyKey)}
}

// ParseDedupSK returns the receiver and the idempotency key of a remembered send. The
// receiver is empty if the send was a batch.
func ParseDedupSK(sk string) (peer string, idempotencyKey uint64, ok bool) {
	peer, digits, cut := strings.Cut(sk, IDEnd)
	if !cut || len(digits) != 16 || strings.ToLower(digits) != digits {
		return "", 0, false
	}
	idempotencyKey, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return "", 0, false
	}
	return peer, idempotencyKey, true
}
