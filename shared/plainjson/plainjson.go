// Package plainjson writes the JSON that is stored, sent and measured, without the
// escapes that encoding/json adds for HTML (docs/adr/0021). It reads the JSON of
// callers strictly, so that all parts of the program read the same in it
// (docs/adr/0029).
package plainjson

import (
	"bytes"
	"encoding/json"
)

// Marshal is json.Marshal, but it writes <, > and & unchanged, also inside a
// json.RawMessage. json.Marshal writes six bytes for each of them. Example: a text of
// 11,500 "<" is measured as 11 KB, and would be stored and sent as 67 KB.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes()[:b.Len()-1], nil // Encode ends with a line feed
}

// Size returns the length of what Marshal writes, in bytes.
func Size(v any) (int, error) { return new(Sizer).Size(v) }

// A Sizer is Size for many values, with the memory of one. The zero Sizer is ready.
type Sizer struct {
	written int
	encoder *json.Encoder
}

// Size returns the length of what Marshal writes, in bytes.
func (s *Sizer) Size(v any) (int, error) {
	if s.encoder == nil {
		s.encoder = json.NewEncoder((*counter)(&s.written))
		s.encoder.SetEscapeHTML(false)
	}
	s.written = 0
	if err := s.encoder.Encode(v); err != nil {
		return 0, err
	}
	return s.written - 1, nil // Encode ends with a line feed
}

// A counter counts the bytes that are written to it.
type counter int

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
