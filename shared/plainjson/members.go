package plainjson

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// A Member is a name and a value of an object, both as they are written in JSON.
type Member struct {
	Name, Value json.RawMessage
}

// Members returns the members of an object in the order in which they are written.
func Members(object []byte) ([]Member, error) {
	in := jsontext.NewDecoder(bytes.NewReader(object))
	start, err := in.ReadToken()
	if err != nil {
		return nil, err
	}
	if start.Kind() != jsontext.KindBeginObject {
		return nil, errors.New("it is not an object")
	}
	var list []Member
	for in.PeekKind() != jsontext.KindEndObject {
		name, err := in.ReadValue()
		if err != nil {
			return nil, err
		}
		m := Member{Name: bytes.Clone(name)}
		value, err := in.ReadValue()
		if err != nil {
			return nil, err
		}
		m.Value = bytes.Clone(value)
		list = append(list, m)
	}
	return list, nil
}

// AppendText appends a text in JSON to b. It escapes only what JSON does not allow in a
// text.
func AppendText[Text ~string | ~[]byte](b []byte, text Text) []byte {
	b, _ = jsontext.AppendQuote(b, text) // it replaces bytes that are not UTF-8, and says so
	return b
}
