// Package messages holds the rules of one-to-one messages: what a message is,
// how it is sent once and only once, and how its history is read.
package messages

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"strconv"
	"strings"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// A Key identifies a message within its conversation (core spec §6.0).
type Key struct {
	Time   int64  // Unix seconds
	Seq    uint32 // chosen by the sender
	Random uint32 // chosen by the sender
}

// String returns "<MsgSeq>_<MsgRandom>_<MsgTime>".
func (k Key) String() string { return fmt.Sprintf("%d_%d_%d", k.Seq, k.Random, k.Time) }

// ParseKey reverses String. It fails with fault.KeyInvalid.
func ParseKey(text string) (Key, error) {
	bad := fault.New(fault.KeyInvalid, "MsgKey %.50q is not of the form <MsgSeq>_<MsgRandom>_<MsgTime>", text)
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

// Before reports whether k stands before other in a timeline.
func (k Key) Before(other Key) bool {
	if k.Time != other.Time {
		return k.Time < other.Time
	}
	if k.Seq != other.Seq {
		return k.Seq < other.Seq
	}
	return k.Random < other.Random
}

// A Message is one stored message of a one-to-one conversation.
type Message struct {
	Key
	From, To string
	// Ordinal counts the messages of this direction, 1, 2, 3, ...; Generation is
	// the birth time of that count.
	Ordinal, Generation int64
	Content
	NoUnread bool  // not counted as unread
	NoLast   bool  // does not become the conversation's last message
	Aside    bool  // the sender's own view lacks it
	Expires  int64 // Unix seconds; a reader takes it as absent from then on

	NeedReceipt bool // its sender asks to be told when it was read
	Extensible  bool // pairs may be attached to it
	Recalled    bool // its body is gone
	Hidden      bool // the user who reads it has deleted it for himself
	PeerHid     bool // the other user has deleted it for himself, or has never seen it
	RecalledMs  int64
	Imported    int64 // when it was brought in with a time of its own, Unix seconds
	EditedMs    int64
	Version     int64               // how often it was edited
	ConfirmedMs int64               // when the receiver sent a receipt
	Reactions   map[string][]string // by user
	// Nick and Face are the sender's when the message is sent. Devices are told
	// them; they are not stored.
	Nick, Face string
}

// Content is what a sender writes. Its JSON is what is stored: Check measures the
// same bytes.
type Content struct {
	Elements []Element `json:"MsgBody"`
	Custom   string    `json:"CloudCustomData,omitempty"`
}

// same reports whether two contents have the same JSON.
func (c Content) same(other Content) bool {
	one, err := plainjson.Marshal(c)
	if err != nil {
		return false
	}
	two, err := plainjson.Marshal(other)
	return err == nil && bytes.Equal(one, two)
}

// sendHash is the identity of a send for duplicate suppression: sequence,
// random and a checksum of the content (core spec §6.0).
func sendHash(seq, random uint32, sum uint32) uint64 {
	h := fnv.New64a()
	var b [12]byte
	for i, v := range []uint32{seq, random, sum} {
		b[4*i], b[4*i+1], b[4*i+2], b[4*i+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	_, _ = h.Write(b[:])
	return h.Sum64()
}

// sum returns the CRC32 of the content.
func (c Content) sum() uint32 {
	h := crc32.NewIEEE()
	for _, e := range c.Elements {
		_, _ = h.Write([]byte(e.Kind))
		_, _ = h.Write([]byte{0})
		_, _ = h.Write(e.Content)
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write([]byte(c.Custom))
	return h.Sum32()
}

// maxPreview bounds a preview in bytes.
const maxPreview = 120

// Preview is the text of a conversation list and of a push: the texts of the
// elements one after the other (core spec §3), cut at 120 bytes.
func (c Content) Preview() string { return c.text(maxPreview) }

// text joins the texts of the elements, cut at a number of bytes.
func (c Content) text(most int) string {
	var b strings.Builder
	for _, e := range c.Elements {
		b.WriteString(e.text())
		if b.Len() > most {
			break
		}
	}
	return cut(b.String(), most)
}

// cut shortens a text to at most n bytes at a rune boundary.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}
