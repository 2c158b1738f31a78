package schema

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
)

// IdempotencyKeys is the idempotency keys that a row has no room for, and those of batches.
const IdempotencyKeys Aggregate = "dedup"

func idempotencyKeys() Descriptor {
	return Descriptor{
		Aggregate: IdempotencyKeys, Table: Live,
		Reads: []string{get}, Writes: []string{put},
		Kinds: []Kind{{In: idempotencyKeysForm(), SK: "c#{peer}~{key:16 hex}, ~{key:16 hex}", parse: func(p Partition, sk string) bool {
			_, _, ok := ParseIdempotencySK(p.ID, sk)
			return ok
		}}},
	}
}

// Attributes of an idempotency key, that of a send or of a batch; it also expires
const (
	IdempotencyTime   Attribute = "t" // number, s: time of the send
	IdempotencySeq    Attribute = "s" // number: derived sequence of the send
	IdempotencyOffset Attribute = "n" // number: offset of the message
	IdempotencyEpoch  Attribute = "g" // number, ms: epoch of the offset
	IdempotencyMicros Attribute = "u" // number: microseconds of the time, of a batch
)

func idempotencyKeysForm() Form { return Form{Kind: "D", ID: "user"} }

// IdempotencyKey remembers a send of user into a conversation for which the idempotency window
// in the row has no room.
func IdempotencyKey(app int64, user string, id chat.ID, key uint64) Key {
	return Key{PK: idempotencyKeysForm().pk(app, user), SK: fmt.Sprintf("%s%s%016x", rowName(user, id), IDEnd, key)}
}

// BatchKey remembers a batch send of user.
func BatchKey(app int64, user string, key uint64) Key {
	return Key{PK: idempotencyKeysForm().pk(app, user), SK: fmt.Sprintf("%s%016x", IDEnd, key)}
}

// ParseIdempotencySK returns the conversation and the idempotency key of a remembered send of
// user. The conversation is the zero ID if the send was a batch.
func ParseIdempotencySK(user, sk string) (id chat.ID, key uint64, ok bool) {
	cut := strings.LastIndex(sk, IDEnd)
	if cut < 0 {
		return chat.ID{}, 0, false
	}
	name, digits := sk[:cut], sk[cut+len(IDEnd):]
	if len(digits) != 16 || strings.ToLower(digits) != digits {
		return chat.ID{}, 0, false
	}
	key, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return chat.ID{}, 0, false
	}
	if name == "" {
		return chat.ID{}, key, true
	}
	id, ok = cutRowName(user, name, "")
	return id, key, ok
}
