package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"parley/shared/dynamo/calls"
)

// errAnswer is the error of an answer that is not the JSON that DynamoDB writes.
var errAnswer = errors.New("the answer of DynamoDB is not understood")

// A scanner reads JSON from its beginning to its end. After the first error it reads nothing
// more: every method returns a zero value, and objects and lists are empty. The texts that it
// returns are parts of its text, so they cost no memory of their own.
type scanner struct {
	text    string
	at      int
	err     error
	texts   slab[calls.Text]
	numbers slab[calls.Number]
	members int // of the item that was read last: the next one is most likely as large
}

// A slab allocates values, many at a time.
type slab[T any] []T

// The first slab of an answer has firstSlab values, because most answers are small.
const (
	firstSlab = 8
	nextSlab  = 64
)

func (s *slab[T]) next() *T {
	if len(*s) == cap(*s) {
		n := nextSlab
		if cap(*s) == 0 {
			n = firstSlab
		}
		*s = make([]T, 0, n)
	}
	*s = (*s)[:len(*s)+1]
	return &(*s)[len(*s)-1]
}

// fail ends the reading.
func (s *scanner) fail() {
	if s.err == nil {
		s.err = fmt.Errorf("%w at byte %d", errAnswer, s.at)
	}
	s.at = len(s.text)
}

// peek returns the next byte that is no white space, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take reads a byte that must be next.
func (s *scanner) take(c byte) {
	if s.peek() != c || s.err != nil {
		s.fail()
		return
	}
	s.at++
}

// next moves to the next element of an object or a list, which ends with the byte end. first
// says that no element was read yet. It returns false at the end, which it reads.
func (s *scanner) next(first bool, end byte) bool {
	if s.peek() == end {
		s.at++
		return false
	}
	if !first {
		s.take(',')
	}
	return s.err == nil
}

// object reads an object: it calls member with each name, and member reads the value. null is an object without members.
func (s *scanner) object(member func(name string)) {
	if s.null() {
		return
	}
	s.take('{')
	for first := true; s.err == nil && s.next(first, '}'); first = false {
		name := s.string()
		s.take(':')
		if s.err == nil {
			member(name)
		}
	}
}

// list reads a list: it calls element for each element, and element reads it.
func (s *scanner) list(element func()) {
	if s.null() {
		return
	}
	s.take('[')
	for first := true; s.err == nil && s.next(first, ']'); first = false {
		element()
	}
}

// null reads null, if it is next.
func (s *scanner) null() bool {
	if s.peek() == 'n' && strings.HasPrefix(s.text[s.at:], "null") {
		s.at += 4
		return true
	}
	return false
}

// string reads a text.
func (s *scanner) string() string {
	s.take('"')
	begin := s.at
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin : s.at-1]
		case c == '\\':
			return s.escaped(begin)
		case c < ' ':
			s.fail()
			return ""
		}
	}
	s.fail()
	return ""
}

// escaped reads the rest of a text that begins at begin and has an escape.
func (s *scanner) escaped(begin int) string {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++ // the byte after it is no end
		case '"':
			s.at++
			quoted := s.text[begin-1 : s.at]
			text, err := jsontext.AppendUnquote(make([]byte, 0, len(quoted)), quoted)
			if err != nil { // for example half of a pair of surrogates, which Unmarshal replaces
				var replaced string
				if json.Unmarshal([]byte(quoted), &replaced) != nil {
					s.fail()
				}
				return replaced
			}
			return unsafe.String(unsafe.SliceData(text), len(text)) // text does not change any more
		}
	}
	s.fail()
	return ""
}

// stringOrNil reads a text. It returns nil for null.
func (s *scanner) stringOrNil() *string {
	if s.null() {
		return nil
	}
	text := s.string()
	return &text
}

// bytes reads a text in base64.
func (s *scanner) bytes() []byte {
	text := s.string()
	if s.err != nil {
		return nil
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, unsafe.Slice(unsafe.StringData(text), len(text)))
	if err != nil {
		s.fail()
		return nil
	}
	return out[:n]
}

// number reads a number.
func (s *scanner) number() float64 {
	s.peek()
	begin := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case '0' <= c && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.at++
			continue
		}
		break
	}
	v, err := strconv.ParseFloat(s.text[begin:s.at], 64)
	if err != nil {
		s.fail()
		return 0
	}
	return v
}

// int reads a whole number of 32 bits.
func (s *scanner) int() int32 {
	v := s.number()
	if v != math.Trunc(v) || v < math.MinInt32 || v > math.MaxInt32 {
		s.fail()
		return 0
	}
	return int32(v)
}

// bool reads true or false.
func (s *scanner) bool() bool {
	s.peek()
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "true"):
		s.at += 4
		return true
	case strings.HasPrefix(rest, "false"):
		s.at += 5
		return false
	}
	s.fail()
	return false
}

// skip reads a value of any kind.
func (s *scanner) skip() {
	switch c := s.peek(); {
	case c == '{':
		s.object(func(string) { s.skip() })
	case c == '[':
		s.list(s.skip)
	case c == '"':
		s.string()
	case c == 't' || c == 'f':
		s.bool()
	case c == 'n' && s.null():
	default:
		s.number()
	}
}

// end checks that nothing follows.
func (s *scanner) end() error {
	s.peek()
	if s.err == nil && s.at < len(s.text) { // also before a byte 0
		s.fail()
	}
	return s.err
}
