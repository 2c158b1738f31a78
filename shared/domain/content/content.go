// Package content holds the rules of what a message says: its elements and their kinds,
// the limits of sizes, what a list and a search show of it, merged lists, and the tips of
// groups. It knows nothing of who says it to whom, and nothing of the form in which a dialect
// writes it.
package content

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// Content is what a message says. It is stored as the JSON of this struct.
type Content struct {
	Elements []Element `json:"e"`
	Custom   string    `json:"c,omitempty"`
	// Tip is what has changed in a group. Then there is nothing else: no user wrote the message.
	Tip *Tip `json:"g,omitempty"`
}

// Limits of content.
const (
	// MaxBody is the maximum size in bytes of a message's elements and custom data, in the
	// form of the dialect by which it came (docs/spec/tencent §13, docs/adr/0021).
	MaxBody = 12 << 10
	// MaxCustom is the maximum number of custom elements of a message.
	MaxCustom = 1
	// MaxNesting is the maximum depth of merged messages within merged messages.
	MaxNesting = 8
)

// A Form is how a dialect writes content. The limits of sizes count its bytes.
type Form interface {
	// Size returns how many bytes a message with this content has.
	Size(c Content) int
	// MergedMessage returns the text of a merged message.
	MergedMessage(m MergedMessage) []byte
}

// A StoredForm is the form in which content is stored.
type StoredForm struct{}

// Size implements Form.
func (StoredForm) Size(c Content) int { return len(c.Encode()) }

// MergedMessage implements Form.
func (StoredForm) MergedMessage(m MergedMessage) []byte { return encode(m) }

// Encode returns the stored form of the content.
func (c Content) Encode() []byte { return encode(c) }

func encode(v any) []byte {
	text, err := plainjson.Marshal(v)
	if err != nil {
		panic(err) // Check refuses what cannot be encoded
	}
	return text
}

// Decode reverses Encode. It fails if an element has no kind.
func Decode(text []byte) (c Content, err error) {
	if err := plainjson.UnmarshalStored(text, &c); err != nil {
		return Content{}, err
	}
	for _, e := range c.Elements {
		if e.Kind() == "" {
			return Content{}, elementError("an element has no kind")
		}
	}
	return c, nil
}

// Check refuses content that a user cannot send: a tip, content without an element, an element
// without a kind, two custom elements, merged messages that are nested too deep, or over 12 KB. form is that of the
// dialect by which the content came, nil for the stored form. extraBytes are the bytes
// that the message has besides its content.
func (c Content) Check(form Form, extraBytes int) error {
	if len(c.Elements) == 0 || c.Tip != nil {
		return fault.New(fault.BodyEmpty, "%s has no element", fault.Elements)
	}
	customElements := 0
	for i, e := range c.Elements {
		if e.Custom != nil {
			customElements++
		}
		if err := e.check(0); err != nil {
			return fault.AtItem(fault.BodyInvalid, fault.Elements, i, "%s", err)
		}
	}
	if customElements > MaxCustom {
		return fault.New(fault.BodyInvalid, "%s has %d custom elements, at most %d is allowed", fault.Elements, customElements, MaxCustom)
	}
	if form == nil {
		form = StoredForm{}
	}
	if extraBytes+form.Size(c) > MaxBody {
		return fault.New(fault.BodyTooLarge, "the message is over %d bytes", MaxBody)
	}
	return nil
}

type elementError string

func (e elementError) Error() string { return string(e) }

// check checks an element at a nesting depth: 0 is the message itself, 1 a message that is
// merged into it.
func (e Element) check(depth int) error {
	switch {
	case e.Kind() == "":
		return elementError("it has no kind")
	case e.Original != nil && !json.Valid(e.Original.Rest):
		return elementError("its original is not JSON")
	case e.Location != nil && !isFinite(e.Location.Latitude, e.Location.Longitude):
		return elementError("it is not a place")
	case e.Merged == nil:
		return nil
	}
	for _, m := range e.Merged.Messages {
		if err := m.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// isFinite reports whether the numbers are neither infinite nor "not a number", which have
// no JSON.
func isFinite(numbers ...float64) bool {
	return !slices.ContainsFunc(numbers, func(n float64) bool { return math.IsNaN(n) || math.IsInf(n, 0) })
}

// check checks a merged message at a nesting depth.
func (m MergedMessage) check(depth int) error {
	if m.From == "" || len(m.Elements) == 0 {
		return elementError("a merged message needs a sender and elements")
	}
	if depth > MaxNesting {
		return elementError("merged messages are nested too deep")
	}
	if m.Original != nil && !json.Valid(m.Original.Rest) {
		return elementError("its original is not JSON")
	}
	for _, e := range m.Elements {
		if err := e.check(depth); err != nil {
			return err
		}
	}
	return nil
}

// Equal reports whether two contents have the same stored form.
func (c Content) Equal(other Content) bool { return bytes.Equal(c.Encode(), other.Encode()) }
