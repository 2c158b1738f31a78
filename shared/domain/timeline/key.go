package timeline

import (
	"context"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/fault"
)

// A Key identifies a message within its conversation (docs/spec/tencent §6.0).
//
// In a group, Seq is the number of the message and identifies it alone. A key that a caller names
// has the number only: it selects a message or the end of a range, and is not compared with
// Before.
type Key struct {
	Time   int64  // Unix seconds
	Seq    uint32 // chosen by the sender; in a group: 1, 2, 3, ...
	Random uint32 // chosen by the sender
}

// KeyOfNumber returns the key that selects the message of a group with a number.
func KeyOfNumber(number int64) Key { return Key{Seq: uint32(number)} } // a group has less than 2^32 messages

// FindableKey returns the key of the message of a group that a caller names by its number. It fails
// with the code unknown for a number that no message can have.
func FindableKey(number int64, unknown fault.Code) (Key, error) {
	if number < 1 || number >= 1<<32 {
		return Key{}, fault.New(unknown, "the group has no message %d", number)
	}
	return KeyOfNumber(number), nil
}

// Text returns the key of a message of a conversation as callers write it: in a group it is the
// number. Example: "17".
func (k Key) Text(id chat.ID) string {
	if id.Kind() == chat.Group {
		return strconv.FormatUint(uint64(k.Seq), 10)
	}
	return k.String()
}

// ParseKeyOf reverses Text.
func ParseKeyOf(id chat.ID, text string) (Key, error) {
	if id.Kind() != chat.Group {
		return ParseKey(text)
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != text {
		return Key{}, fault.New(fault.KeyInvalid, "%s %.50q is not the number of a message", fault.Key, text)
	}
	return Key{Seq: uint32(n)}, nil
}

// String returns "<sequence>_<random>_<time>". Example: "7_99_1700000000".
func (k Key) String() string {
	b := make([]byte, 0, 48)
	b = append(strconv.AppendUint(b, uint64(k.Seq), 10), '_')
	b = append(strconv.AppendUint(b, uint64(k.Random), 10), '_')
	return string(strconv.AppendInt(b, k.Time, 10))
}

// ParseKey reverses String. It fails with fault.KeyInvalid for any other text,
// also for "07_99_1700000000".
func ParseKey(text string) (Key, error) {
	bad := fault.New(fault.KeyInvalid, "%s %.50q is not of the form <%s>_<%s>_<%s>",
		fault.Key, text, fault.KeySequence, fault.KeyRandom, fault.KeyTime)
	parts := strings.Split(text, "_")
	if len(text) > 50 || len(parts) != 3 {
		return Key{}, bad
	}
	var v [3]uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 32)
		if err != nil || strconv.FormatUint(n, 10) != part {
			return Key{}, bad
		}
		v[i] = n
	}
	return Key{Seq: uint32(v[0]), Random: uint32(v[1]), Time: int64(v[2])}, nil
}

// Before reports whether k comes before other in a timeline: the order is by time,
// then by sequence, then by random.
func (k Key) Before(other Key) bool {
	if k.Time != other.Time {
		return k.Time < other.Time
	}
	if k.Seq != other.Seq {
		return k.Seq < other.Seq
	}
	return k.Random < other.Random
}

// Put stores a message. The key may be taken by another message of the
// conversation: by one of the other user, or by one with other content in the same
// second. Then the message is stored under one of the next two seconds. If those
// keys are taken, too, it gets spareSeq in the last of these seconds, or the next
// sequence after it that is free. It never refuses, because the message is already
// counted. A repeat of a send tries the same keys in the same order and finds its
// message.
//
// Example: 40 messages of one second all have sequence 7 and random 7. The first is
// stored in this second, the second and the third in the next two seconds. The
// others are in the same second as the third, with derived sequences, in the order
// in which they were sent.
func (s Service) Put(ctx context.Context, m Message, spareSeq uint32) (Message, error) {
	if spareSeq <= m.Seq && m.Seq < 1<<32-1<<21 {
		spareSeq = m.Seq + 1 + spareSeq%(1<<20)
	}
	for try := 0; ; try++ {
		existing, err := s.store.PutMessage(ctx, s.app, m)
		if err != nil || existing == nil {
			return m, err
		}
		if existing.IsRepeatOf(m) {
			m.Recalled, m.HiddenFromPeer = existing.Recalled, existing.HiddenFromPeer
			return m, nil
		}
		switch {
		case try < maxSecondsAhead:
			m.Time++
		case try == maxSecondsAhead:
			m.Seq = spareSeq
		default:
			m.Seq++
		}
	}
}

// IsRepeatOf reports whether the message that is stored at a key is the same send
// as other. The claim gives every send its own offset. Imported history has offset
// 0, so each import of one sender with the same key is a repeat of the first.
func (m Message) IsRepeatOf(other Message) bool {
	return m.From == other.From && m.Offset == other.Offset && m.Epoch == other.Epoch
}

// maxSecondsAhead is how many seconds a message can be moved on because its key is
// taken.
const maxSecondsAhead = 2

// PutPast stores a message of the past if its key is free. Otherwise it changes nothing and
// returns the message that has the key.
func (s Service) PutPast(ctx context.Context, m Message) (existing *Message, err error) {
	return s.store.PutMessage(ctx, s.app, m)
}

// At returns the message that has a key, as a user sees it and even if the user does not
// see it; nil if the key is free.
func (s Service) At(ctx context.Context, user string, id chat.ID, k Key) (*Message, error) {
	return s.store.MessageAt(ctx, s.app, user, id, k)
}

// UpdateRow notes on a user's row that messages change. If the user has no row it does
// nothing.
func (s Service) UpdateRow(ctx context.Context, user string, id chat.ID, update RowUpdate) error {
	return s.changeStore.UpdateRow(ctx, s.app, user, id, update)
}
