package schema

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// Messages is the timelines of conversations, with their operation logs and the extensions of
// messages. A user of a direct conversation is often stored as a side: 0 for the user whose
// id comes first, 1 for the other one. The messages of a group have numbers: 1, 2, 3, ...
const Messages Aggregate = "messages"

func messages() Descriptor {
	d := Descriptor{
		Aggregate: Messages, Table: Msg,
		Reads: []string{get, getMany, query}, Writes: []string{put, update, remove, writeMany}, Twins: [][]string{{get, getMany}},
	}
	for _, t := range []struct {
		in  Form
		key string // of a message
	}{{timelineForm(), "{time:8 hex}{sequence:8 hex}{random:8 hex}"}, {groupTimelineForm(), "{number:8 hex}"}} {
		d.Kinds = append(
			d.Kinds,
			Kind{In: t.in, SK: MessagePrefix + t.key, Prefix: MessagePrefix, parse: func(p Partition, sk string) bool {
				_, ok := ParseMessageSK(p.Chat, sk)
				return ok
			}},
			Kind{In: t.in, SK: prefixLog + "{ms:11 hex}" + t.key + "{side}", Prefix: prefixLog, parse: func(p Partition, sk string) bool {
				_, _, ok := ParseLogSK(p.Chat, sk)
				return ok
			}},
			Kind{In: t.in, SK: prefixExtension + t.key + "{key}", Prefix: prefixExtension, parse: func(p Partition, sk string) bool {
				_, _, ok := ParseExtensionSK(p.Chat, sk)
				return ok
			}},
		)
	}
	d.Kinds = append(d.Kinds, Kind{In: groupTimelineForm(), SK: prefixReceipt + "{number:8 hex}{user}", Prefix: prefixReceipt, parse: func(p Partition, sk string) bool {
		_, user, ok := ParseReceiptSK(p.Chat, sk)
		return ok && user != ""
	}})
	return d
}

// MessagePrefix begins the sort keys of messages, and no others.
const MessagePrefix = "m"

const (
	prefixLog       = "o"
	prefixExtension = "e"
	prefixReceipt   = "r"
)

// Attributes of a message, `m...`; it also expires
const (
	MessageContent    Attribute = "b"  // text or bytes: content as JSON; bytes if it is compressed
	MessageDictionary Attribute = "z"  // number: dictionary of the compressed content, 2
	MessageFlags      Attribute = "fl" // number: bits; 1: not unread, 2: not the last message, 4: hidden from the sender, 8: receipt wanted, 16: extensible
	MessageImported   Attribute = "im" // number, s: when the message was imported
	MessageRecalled   Attribute = "rv" // number, ms: when it was recalled
	MessageEdited     Attribute = "ed" // number, ms: when it was edited
	MessageVersion    Attribute = "ev" // number: how often it was edited
)

// Attributes of a message of two users, `m...`, besides those of any message
const (
	MessageFrom      Attribute = "f"  // number: side of the sender, 0 or 1
	MessageOffset    Attribute = "n"  // number: offset; 0: an imported past message
	MessageEpoch     Attribute = "g"  // number, ms: epoch of the offset
	MessageConfirmed Attribute = "rr" // number, ms: when the receiver sent a receipt

	MessageHidden    Family = "h" // number: 1 if the user of the side {0-1} deleted the message
	MessageReactions Family = "r" // set of texts: reactions of the user of the side {0-1}; up to 10 of 64 bytes
)

// Attributes of a message of a group, `m...`, besides those of any message
const (
	MessageSender    Attribute = "u"  // text: sender; absent: a tip of a change that the application made
	MessageTime      Attribute = "t"  // number, s: when it was sent; not before the time of the message with the number before
	MessageRandom    Attribute = "r"  // number: random number that the sender chose
	MessageCounted   Attribute = "c"  // number: messages up to this one that count as unread
	MessagePriority  Attribute = "p"  // number: priority, 1: high, 3: low; absent: normal
	MessageNameCard  Attribute = "nc" // text: name card that the sender had
	MessageReceivers Attribute = "to" // set of texts: the members to whom alone it goes
	MessageMentions  Attribute = "at" // list of texts: mentioned members in their order; empty: all members
	MessageDeleted   Attribute = "dl" // number, ms: when the application deleted it
	MessagePush      Attribute = "pu" // text: what the sender wants of the push, as JSON; in groups of more than 100 members

	MessageReactionTexts Attribute = "rx" // set of texts: the reactions that members have given; up to 10 of 64 bytes
	MessageReactedBy     Family    = "e." // set of texts: the members who have given the reaction {reaction}; up to 100
)

// Attributes of an entry of the operation log, `o...`; it also expires
const (
	LogReactionBy Attribute = "u" // number: side of the user who reacted; in a group, text: that user
	LogReaction   Attribute = "r" // text: the reaction
)

// Attributes of the counters of a message's extensions, `e...`; they also expire
const (
	ExtensionsLatest  Attribute = "q"  // number: number of the last change
	ExtensionsCleared Attribute = "cl" // number: extensions up to this number are cleared
	ExtensionsCount   Attribute = "n"  // number: extensions
	ExtensionsMinute  Attribute = "w"  // number: last minute with changes
	ExtensionsChanges Attribute = "wc" // number: changes in that minute
	ExtensionsVersion Attribute = "v"  // number: version; a transaction has it as its condition
)

// Attributes of an extension of a message, `e...{key}`; it also expires
const (
	ExtensionValue Attribute = "b" // text: the value
	ExtensionSeq   Attribute = "q" // number: number of the change that wrote it
)

// Attributes of a read receipt of a message of a group, `r...{user}`; it also expires
const (
	ReceiptTime Attribute = "t" // number, ms: when the user sent it
)

// timelineForm is the partition of a direct conversation.
func timelineForm() Form {
	return Form{Kind: string(rune(chat.Direct)), ID: "min" + IDEnd + "max", chats: true}
}

// groupTimelineForm is the partition of the conversation of a group.
func groupTimelineForm() Form { return Form{Kind: string(rune(chat.Group)), ID: "group", chats: true} }

// TimelinePK is the partition of a conversation: its messages and what belongs to them.
func TimelinePK(app int64, id chat.ID) string {
	kind, name, _ := strings.Cut(id.String(), "#")
	return partition(app, kind, name)
}

// ParseTimelinePK returns the conversation of a timeline.
func ParseTimelinePK(pk string) (app int64, id chat.ID, ok bool) {
	app, kind, stored, ok := cut(pk)
	if !ok {
		return 0, chat.ID{}, false
	}
	p, ok := Form{Kind: kind, chats: true}.read(app, kind, stored)
	return p.App, p.Chat, ok
}

// MessageSK is the sort key of a message in the timeline of a conversation. The messages of a
// group are in the order of their numbers, those of other conversations in the order of time,
// then sequence, then random.
func MessageSK(id chat.ID, k timeline.Key) string { return MessagePrefix + messageName(id, k) }

// ParseMessageSK reverses MessageSK. The key of a message of a group has its number only: the
// item has the time and the random.
func ParseMessageSK(id chat.ID, sk string) (timeline.Key, bool) {
	name, ok := strings.CutPrefix(sk, MessagePrefix)
	if !ok || len(name) != messageNameLen(id) {
		return timeline.Key{}, false
	}
	return parseMessageName(id, name)
}

// messageName is what identifies a message within the sort keys of its conversation. It is hex.
func messageName(id chat.ID, k timeline.Key) string {
	if id.Kind() == chat.Group {
		return hex32(k.Seq)
	}
	return hex32(uint32(k.Time), k.Seq, k.Random) // seconds fit 32 bits until 2106
}

// hex32 returns up to three numbers in hex, eight digits each.
func hex32(numbers ...uint32) string {
	var b [12]byte
	for i, n := range numbers {
		binary.BigEndian.PutUint32(b[4*i:], n)
	}
	return hex.EncodeToString(b[:4*len(numbers)])
}

// messageNameLen is the length of a messageName.
func messageNameLen(id chat.ID) int {
	if id.Kind() == chat.Group {
		return 8
	}
	return 24
}

// parseMessageName reverses messageName, for a text of its length.
func parseMessageName(id chat.ID, name string) (timeline.Key, bool) {
	var part [3]uint32
	for i := range len(name) / 8 {
		v, err := strconv.ParseUint(name[8*i:8*i+8], 16, 32)
		if err != nil {
			return timeline.Key{}, false
		}
		part[i] = uint32(v)
	}
	k := timeline.Key{Time: int64(part[0]), Seq: part[1], Random: part[2]}
	if id.Kind() == chat.Group {
		k = timeline.Key{Seq: part[0]}
	}
	return k, strings.ToLower(name) == name
}

// MessageKey is a message of a conversation.
func MessageKey(app int64, id chat.ID, k timeline.Key) Key {
	return Key{PK: TimelinePK(app, id), SK: MessageSK(id, k)}
}

// logAll ends the sort key of a log entry that concerns everybody in the conversation. An entry
// that concerns one user of a direct conversation ends with the side of that user, which sorts
// after it.
const logAll = "-"

// LogKey is an entry of the operation log of a conversation. Entries are in the order of
// their time in ms, then of the message.
func LogKey(app int64, id chat.ID, e timeline.LogEntry) Key {
	concerns := logAll
	if e.Only != "" {
		concerns = strconv.Itoa(id.Side(e.Only))
	}
	return Key{PK: TimelinePK(app, id), SK: LogLowerBound(id, timeline.LogPosition{AtMs: e.AtMs, Key: e.Key}) + concerns}
}

// LogUpperBound is after the sort keys of all log entries.
const LogUpperBound = "p"

// LogLowerBound is before the sort key of every log entry at a position, and after those
// of all positions before it.
func LogLowerBound(id chat.ID, p timeline.LogPosition) string {
	return fmt.Sprintf("%s%011x", prefixLog, p.AtMs) + messageName(id, p.Key)
}

// ParseLogSK returns the position of a log entry, and the side of the user whom it
// concerns, -1 if it concerns everybody.
func ParseLogSK(id chat.ID, sk string) (at timeline.LogPosition, side int, ok bool) {
	end := len(prefixLog) + 11 + messageNameLen(id)
	if len(sk) != end+1 || !strings.HasPrefix(sk, prefixLog) {
		return timeline.LogPosition{}, 0, false
	}
	ms, err := strconv.ParseInt(sk[1:12], 16, 64)
	if err != nil || ms < 0 {
		return timeline.LogPosition{}, 0, false
	}
	at.AtMs = ms
	if at.Key, ok = parseMessageName(id, sk[12:end]); !ok || !strings.HasPrefix(sk, LogLowerBound(id, at)) {
		return timeline.LogPosition{}, 0, false
	}
	switch concerns := sk[end:]; {
	case concerns == logAll:
		return at, -1, true
	case id.Kind() != chat.Direct:
	case concerns == "0":
		return at, 0, true
	case concerns == "1":
		return at, 1, true
	}
	return timeline.LogPosition{}, 0, false
}

// ExtensionCountersKey counts the extensions of a message. Its sort key is a prefix of
// the sort keys of the extensions.
func ExtensionCountersKey(app int64, id chat.ID, m timeline.Key) Key {
	return Key{PK: TimelinePK(app, id), SK: prefixExtension + messageName(id, m)}
}

// ExtensionKey is one extension of a message.
func ExtensionKey(app int64, id chat.ID, m timeline.Key, key string) Key {
	counters := ExtensionCountersKey(app, id, m)
	return Key{PK: counters.PK, SK: counters.SK + key}
}

// ParseExtensionSK returns the message and the key of an extension. The key is empty if the
// item is the counters.
func ParseExtensionSK(id chat.ID, sk string) (m timeline.Key, key string, ok bool) {
	end := len(prefixExtension) + messageNameLen(id)
	if len(sk) < end || !strings.HasPrefix(sk, prefixExtension) {
		return timeline.Key{}, "", false
	}
	m, ok = parseMessageName(id, sk[len(prefixExtension):end])
	return m, sk[end:], ok && !strings.Contains(sk[end:], IDEnd)
}

// ReceiptKey is the read receipt of a user for a message of a group. With an empty user, its sort key is
// a prefix of the sort keys of all receipts of the message.
func ReceiptKey(app int64, id chat.ID, m timeline.Key, user string) Key {
	return Key{PK: TimelinePK(app, id), SK: prefixReceipt + messageName(id, m) + user}
}

// ParseReceiptSK returns the message and the user of a read receipt.
func ParseReceiptSK(id chat.ID, sk string) (m timeline.Key, user string, ok bool) {
	end := len(prefixReceipt) + messageNameLen(id)
	if id.Kind() != chat.Group || len(sk) < end || !strings.HasPrefix(sk, prefixReceipt) {
		return timeline.Key{}, "", false
	}
	m, ok = parseMessageName(id, sk[len(prefixReceipt):end])
	return m, sk[end:], ok
}
