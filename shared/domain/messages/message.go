// Package messages holds the rules of one-to-one messages: what a message is, how
// it is sent exactly once, how it is changed later, and how its history is read.
package messages

import (
	"bytes"
	"strings"

	"parley/shared/plainjson"
)

// A Message is one stored message of a one-to-one conversation.
type Message struct {
	Key
	From, To string
	// Offset numbers the messages of this direction: 1, 2, 3, ... Imported history
	// has offset 0. Epoch is the birth time of that count, in ms. If the rows of a
	// conversation expire, the count begins again in a later epoch. Example: the last
	// message had offset 3 of epoch 100; after the rows expired, the next one has
	// offset 1 of epoch 900 and is a new message.
	Offset, Epoch int64
	Content
	NoUnread         bool  // excluded from the receiver's unread count
	NoLast           bool  // does not become the last message of the conversation in either list
	HiddenFromSender bool  // the sender does not see it (NoCopy)
	Expires          int64 // Unix seconds; from then on a reader ignores it, even if it is still stored

	NeedReceipt    bool // the sender asks for a read receipt
	Extensible     bool // extensions may be attached to it
	Recalled       bool // its content was removed
	Hidden         bool // deleted by the user for whom it was read
	HiddenFromPeer bool // deleted by the other user, or never shown to that user
	RecalledMs     int64
	Imported       int64 // when the message was imported, Unix seconds; 0: it was sent
	EditedMs       int64
	Version        int64               // how often it was edited
	ConfirmedMs    int64               // when the receiver sent a read receipt
	Reactions      map[string][]string // the reactions of each user
	// Nick and Face are those of the sender when the message is sent. They are in the
	// frame for the devices and are not stored.
	Nick, Face string
}

// Content is what a message says. It is stored as the JSON of this struct, and
// Check measures the same bytes.
type Content struct {
	Elements []Element `json:"MsgBody"`
	Custom   string    `json:"CloudCustomData,omitempty"`
}

// equal reports whether two contents have the same JSON.
func (c Content) equal(other Content) bool {
	one, err := plainjson.Marshal(c)
	if err != nil {
		return false
	}
	two, err := plainjson.Marshal(other)
	return err == nil && bytes.Equal(one, two)
}

// maxPreview is the maximum size of a preview in bytes.
const maxPreview = 120

// Preview returns the text for a conversation list: the texts of the elements one
// after the other, without a separator (docs/spec/tencent §3), at most 120 bytes.
func (c Content) Preview() string { return c.summary(maxPreview) }

// summary joins the texts of the elements and cuts the result at maxBytes.
func (c Content) summary(maxBytes int) string {
	var b strings.Builder
	for _, e := range c.Elements {
		b.WriteString(e.summary())
		if b.Len() > maxBytes {
			break
		}
	}
	return truncate(b.String(), maxBytes)
}

// truncate shortens a text to at most maxBytes. It never cuts a UTF-8 character.
func truncate(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	for maxBytes > 0 && text[maxBytes]&0xC0 == 0x80 {
		maxBytes--
	}
	return text[:maxBytes]
}
