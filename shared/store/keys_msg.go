package store

import (
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// The keys of Msg: messages, the operation log, message extensions and merged lists
// (docs/data-model.md §3). A user of a direct conversation is often stored as a side: 0 for
// the user whose id comes first, 1 for the other one.

const skMergedHead = "-"

// TimelinePK is the partition of a conversation: its messages and what belongs to them.
func TimelinePK(app int64, id chat.ID) string { return appPrefix(app) + id.String() }

// ParseTimelinePK returns the conversation of a timeline.
func ParseTimelinePK(pk string) (app int64, id chat.ID, ok bool) {
	p := ParsePartition(pk)
	return p.App, p.Chat, !p.Chat.IsZero()
}

// MessageSK is the sort key of a message in a timeline. Messages are in the order of
// time, then sequence, then random.
func MessageSK(k timeline.Key) string {
	return fmt.Sprintf("m%08x%08x%08x", uint32(k.Time), k.Seq, k.Random) // seconds fit 32 bits until 2106
}

// ParseMessageSK reverses MessageSK.
func ParseMessageSK(sk string) (timeline.Key, bool) {
	if len(sk) != 25 || sk[0] != 'm' || strings.ToLower(sk) != sk {
		return timeline.Key{}, false
	}
	var part [3]uint32
	for i := range part {
		v, err := strconv.ParseUint(sk[1+8*i:9+8*i], 16, 32)
		if err != nil {
			return timeline.Key{}, false
		}
		part[i] = uint32(v)
	}
	return timeline.Key{Time: int64(part[0]), Seq: part[1], Random: part[2]}, true
}

func messageKey(app int64, id chat.ID, k timeline.Key) Key {
	return Key{TimelinePK(app, id), MessageSK(k)}
}

// logBoth ends the sort key of a log entry that concerns both users. An entry that
// concerns one user ends with the side of that user, which sorts after it.
const logBoth = "-"

// LogKey is an entry of the operation log of a conversation. Entries are in the order of
// their time in ms, then of the message.
func LogKey(app int64, id chat.ID, e timeline.LogEntry) Key {
	concerns := logBoth
	if e.Only != "" {
		concerns = itoa(id.Side(e.Only))
	}
	return Key{TimelinePK(app, id), firstLogSK(timeline.LogPosition{AtMs: e.AtMs, Key: e.Key}) + concerns}
}

// firstLogSK is before the sort key of every log entry at a position, and after those
// of all positions before it.
func firstLogSK(p timeline.LogPosition) string {
	return fmt.Sprintf("o%011x", p.AtMs) + MessageSK(p.Key)[1:]
}

// ParseLogSK returns the position of a log entry, and the side of the user whom it
// concerns, -1 if it concerns both.
func ParseLogSK(sk string) (at timeline.LogPosition, side int, ok bool) {
	if len(sk) != 37 || sk[0] != 'o' {
		return timeline.LogPosition{}, 0, false
	}
	ms, err := strconv.ParseInt(sk[1:12], 16, 64)
	if err != nil || ms < 0 {
		return timeline.LogPosition{}, 0, false
	}
	at.AtMs = ms
	if at.Key, ok = ParseMessageSK("m" + sk[12:36]); !ok || !strings.HasPrefix(sk, firstLogSK(at)) {
		return timeline.LogPosition{}, 0, false
	}
	switch sk[36:] {
	case logBoth:
		return at, -1, true
	case "0":
		return at, 0, true
	case "1":
		return at, 1, true
	}
	return timeline.LogPosition{}, 0, false
}

// ExtensionCountersKey counts the extensions of a message. Its sort key is a prefix of
// the sort keys of the extensions.
func ExtensionCountersKey(app int64, id chat.ID, m timeline.Key) Key {
	return Key{TimelinePK(app, id), "e" + MessageSK(m)[1:]}
}

// ExtensionKey is one extension of a message.
func ExtensionKey(app int64, id chat.ID, m timeline.Key, key string) Key {
	counters := ExtensionCountersKey(app, id, m)
	return Key{counters.PK, counters.SK + key}
}

// ParseExtensionSK returns the message and the key of an extension. The key is empty if the
// item is the counters.
func ParseExtensionSK(sk string) (m timeline.Key, key string, ok bool) {
	if len(sk) < 25 || sk[0] != 'e' {
		return timeline.Key{}, "", false
	}
	m, ok = ParseMessageSK("m" + sk[1:25])
	return m, sk[25:], ok && !strings.Contains(sk[25:], IDEnd)
}

// MergedKey is the head of a merged list.
func MergedKey(app int64, key string) Key { return Key{appPrefix(app) + "M#" + key, skMergedHead} }

// MergedPartKey is one part of a merged list.
func MergedPartKey(app int64, key string, part int) Key {
	return Key{appPrefix(app) + "M#" + key, fmt.Sprintf("p%03d", part)}
}

// ParseMergedSK returns the number of a part, -1 for the head.
func ParseMergedSK(sk string) (part int, ok bool) {
	if sk == skMergedHead {
		return -1, true
	}
	digits, ok := strings.CutPrefix(sk, "p")
	part, err := strconv.Atoi(digits)
	return part, ok && err == nil && part >= 0 && MergedPartKey(0, "", part).SK == sk
}
