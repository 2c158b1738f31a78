package store

import (
	"strconv"
	"strings"

	"parley/shared/domain/chat"
)

// Every key of every item is made and parsed in this file and in the files keys_*.go,
// one for each table, and nowhere else.
//
// An id is the last part of a key, or it is followed by Unit, because ids may contain
// '#'. An id is not empty and does not contain Unit. A parser refuses every key that
// its constructor does not make.

// IDEnd ends an id inside a key. It is the byte 0x1F; docs/data-model.md writes it "~".
const IDEnd = "\x1f"

// Key is the primary key of an item.
type Key struct{ PK, SK string }

func (k Key) attributes() Item { return Item{"pk": str(k.PK), "sk": str(k.SK)} }

// acceptable reports whether DynamoDB accepts a key: a partition key has 1 to 2048
// bytes, a sort key 1 to 1024 ("Constraints in Amazon DynamoDB", Partition keys and
// sort keys).
func (k Key) acceptable() bool {
	return k.PK != "" && len(k.PK) <= 2048 && k.SK != "" && len(k.SK) <= 1024
}

// isID reports whether a part of a key can be an id.
func isID(s string) bool { return s != "" && !strings.Contains(s, IDEnd) }

// cutID returns the id that follows a prefix.
func cutID(sk, prefix string) (id string, ok bool) {
	id, ok = strings.CutPrefix(sk, prefix)
	if !ok || !isID(id) {
		return "", false
	}
	return id, true
}

func appPrefix(app int64) string { return strconv.FormatInt(app, 10) + "#" }

func itoa(n int) string { return strconv.Itoa(n) }

// Values of Partition.Kind that are not the letter in the key.
const (
	registry     = 'r' // the list of applications
	accountIndex = 'I' // a part of the list of an application's accounts
	watchers     = 'W' // who subscribed to the presence of a user
	watched      = 'V' // to whose presence a user subscribed
	exports      = 'X' // the exported hours of an application
	pending      = 'Y' // the hours that are to be merged
)

// A Partition is a parsed partition key.
type Partition struct {
	App int64
	// Kind is 'U', 'A', 'M', 'S', 'D' or 'F', as in the key, the kind of a conversation, or
	// registry, accountIndex, watchers, watched, exports or pending. It is 0 if the key is
	// none of these.
	Kind byte
	// Chat is the conversation whose timeline it is; the zero ID for all others.
	Chat chat.ID
	// Rest is what follows the kind: for accountIndex the number of the shard, for 'M' the
	// key of the merged list, else the user. It is empty if nothing follows, and for a
	// timeline.
	Rest string
}

// ParsePartition parses a partition key. Kind is 0 if the key is unknown.
func ParsePartition(pk string) Partition {
	if pk == registryPK {
		return Partition{Kind: registry}
	}
	if pk == pendingPK {
		return Partition{Kind: pending}
	}
	head, rest, ok := strings.Cut(pk, "#")
	app, err := strconv.ParseInt(head, 10, 64)
	if !ok || err != nil || app < 0 || strconv.FormatInt(app, 10) != head {
		return Partition{}
	}
	if rest == "A" {
		return Partition{App: app, Kind: 'A'}
	}
	if rest == "EX" {
		return Partition{App: app, Kind: exports}
	}
	if shard, ok := strings.CutPrefix(rest, "AI#"); ok {
		if n, err := strconv.Atoi(shard); err != nil || n < 0 || n >= accountIndexShards || itoa(n) != shard {
			return Partition{}
		}
		return Partition{App: app, Kind: accountIndex, Rest: shard}
	}
	for prefix, kind := range map[string]byte{"PS#": watchers, "PW#": watched} {
		if user, ok := strings.CutPrefix(rest, prefix); ok {
			if !isID(user) {
				return Partition{}
			}
			return Partition{App: app, Kind: kind, Rest: user}
		}
	}
	if id, err := chat.Parse(rest); err == nil && !id.IsZero() {
		return Partition{App: app, Kind: byte(id.Kind()), Chat: id}
	}
	if len(rest) < 2 || rest[1] != '#' {
		return Partition{}
	}
	kind, rest := rest[0], rest[2:]
	switch kind {
	case 'U', 'M', 'S', 'D', 'F':
		ok = isID(rest)
	default:
		ok = false
	}
	if !ok {
		return Partition{}
	}
	return Partition{App: app, Kind: kind, Rest: rest}
}
