// Package content holds the rules of what a message says: its elements and their kinds,
// what is refused, the limits of sizes, what a list and a search show of it, and
// merged lists. It knows nothing of who says it to whom.
package content

import (
	"bytes"
	"strings"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// Content is what a message says. It is stored as the JSON of this struct, and
// Check measures the same bytes.
type Content struct {
	Elements []Element `json:"MsgBody"`
	Custom   string    `json:"CloudCustomData,omitempty"`
}

// MaxBody is the maximum size in bytes of the JSON of a message's elements and custom
// data, as it is stored, delivered and answered (docs/spec/tencent §13,
// docs/adr/0021).
const MaxBody = 12 << 10

// Check refuses content that has no element, an element of an unknown kind, a field of
// a wrong type, two custom elements, or over 12 KB.
func (c Content) Check() error { return c.CheckWithOverhead(0) }

// CheckWithOverhead is Check for content whose message has extraBytes more. It counts
// the bytes of the stored JSON. Example: the character 0x01 in CloudCustomData counts
// six bytes, because it is stored as \u0001.
func (c Content) CheckWithOverhead(extraBytes int) error {
	if len(c.Elements) == 0 {
		return fault.New(fault.BodyEmpty, "MsgBody has no element")
	}
	custom, err := plainjson.Size(c.Custom)
	if err != nil {
		return fault.New(fault.BodyInvalid, "CloudCustomData: %s", err)
	}
	size, customElements := extraBytes+custom+len(`{"MsgBody":[],"CloudCustomData":}`), 0
	for i, e := range c.Elements {
		content, err := plainjson.Size(e.Content)
		if err != nil {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: MsgContent is not JSON", i)
		}
		size += len(e.Kind) + content + len(`{"MsgType":"","MsgContent":},`)
		if e.Kind == KindCustom {
			customElements++
		}
		if size > MaxBody {
			return fault.New(fault.BodyTooLarge, "the message is over %d bytes", MaxBody)
		}
		if err := e.check(); err != nil {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: %s", i, err)
		}
	}
	if size > MaxBody {
		return fault.New(fault.BodyTooLarge, "the message is over %d bytes", MaxBody)
	}
	if customElements > 1 {
		return fault.New(fault.BodyInvalid, "MsgBody has %d TIMCustomElem, at most one is allowed", customElements)
	}
	return nil
}

// Equal reports whether two contents have the same JSON.
func (c Content) Equal(other Content) bool {
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
func (c Content) Preview() string { return c.Summary(maxPreview) }

// Summary joins the texts of the elements and cuts the result at maxBytes.
func (c Content) Summary(maxBytes int) string {
	var b strings.Builder
	for _, e := range c.Elements {
		b.WriteString(e.summary())
		if b.Len() > maxBytes {
			break
		}
	}
	return truncate(b.String(), maxBytes)
}

// PushFields returns the fields of the custom element that go into a push; "" if there is
// none.
func (c Content) PushFields() (ext, sound string) {
	for _, e := range c.Elements {
		if e.Kind == KindCustom {
			ext, sound = e.stringField("Ext"), e.stringField("Sound")
		}
	}
	return ext, sound
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

// Words returns the texts of a message that a search looks at, one per line: what
// users wrote or see, not data for programs.
func (c Content) Words() string {
	var b strings.Builder
	add := func(text string) {
		b.WriteString(text)
		b.WriteByte('\n')
	}
	for _, e := range c.Elements {
		switch e.Kind {
		case KindText:
			add(e.stringField("Text"))
		case KindLocation, KindCustom:
			add(e.stringField("Desc"))
		case KindFile:
			add(e.stringField("FileName"))
		case KindRelay:
			add(e.stringField("Title"))
			var content Relay
			if plainjson.Unmarshal(e.Content, &content) == nil {
				for _, line := range content.Abstract {
					add(line)
				}
			}
		case KindFace, KindSound, KindImage, KindVideo: // they have no text
		}
	}
	return b.String()
}
