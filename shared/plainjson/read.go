package plainjson

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Unmarshal reads JSON that a caller wrote. It is strict, so that every reader reads the
// same in it:
//
//   - The JSON is valid UTF-8, without unpaired surrogates.
//   - No object has the same name twice, at any depth. {"Text":"a","Text":"b"} is
//     refused.
//   - A name must match exactly, with upper and lower case. {"To_Account":"bob",
//     "to_account":"eve"} names bob to every reader. The tag
//     `json:"Type,case:ignore"` accepts a name in any case; it is for names that
//     clients are known to write in both ways.
//   - A byte order mark at the start is ignored.
//   - null means that there is no value: a field keeps its zero value, and a list is
//     read without the null.
//
// Unmarshal fails with a *TypeError if a value has a wrong type.
func Unmarshal(data []byte, into any) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var options []json.Options
	if bytes.Contains(data, []byte("null")) {
		options = append(options, json.WithUnmarshalers(json.UnmarshalFromFunc(listWithoutNull)))
	}
	err := json.Unmarshal(data, into, options...)
	var wrongType *json.SemanticError
	if errors.As(err, &wrongType) {
		return newTypeError(wrongType)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	return nil
}

// UnmarshalStored reads JSON that Marshal wrote.
func UnmarshalStored(data []byte, into any) error { return UnmarshalEvent(data, into) }

// Raw is a value as it is written in JSON.
type Raw = jsontext.Value

// UnmarshalEvent reads JSON that AWS wrote around what a caller wrote. It accepts what AWS may
// pass on: text that is not UTF-8, which it replaces, and a name that occurs twice, of which
// the last one counts.
func UnmarshalEvent(data []byte, into any) error {
	return json.Unmarshal(data, into, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// A TypeError says that a value has a wrong type.
type TypeError struct {
	// Path is where the value is: the names of fields and, in lists, the indexes.
	Path []string
	// Value is the kind of the value in JSON. If it is a number, the number follows:
	// "number -1".
	Value string
	// Type is the type that the value should have.
	Type reflect.Type
}

// Error implements error.
func (e *TypeError) Error() string {
	path := strings.Join(e.Path, ".")
	if path == "" {
		path = "it"
	}
	return path + " is a JSON " + e.Value
}

func newTypeError(err *json.SemanticError) *TypeError {
	e := &TypeError{Value: kindName(err.JSONKind), Type: err.GoType}
	for token := range err.JSONPointer.Tokens() {
		e.Path = append(e.Path, token)
	}
	if _, parseErr := strconv.ParseFloat(string(err.JSONValue), 64); parseErr == nil {
		e.Value += " " + string(err.JSONValue)
	}
	return e
}

// kindName returns the name of a kind of JSON value.
func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindTrue, jsontext.KindFalse:
		return "bool"
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	default:
		return k.String()
	}
}

// listWithoutNull reads a list and leaves out each null in it. It leaves every other
// value to the usual reader.
func listWithoutNull(in *jsontext.Decoder, into any) error {
	v := reflect.ValueOf(into).Elem()
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() == reflect.Uint8 || in.PeekKind() != jsontext.KindBeginArray {
		return errors.ErrUnsupported
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for in.PeekKind() != jsontext.KindEndArray {
		if in.PeekKind() == jsontext.KindNull {
			if err := in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		item := reflect.New(v.Type().Elem())
		if err := json.UnmarshalDecode(in, item.Interface()); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item.Elem()))
	}
	_, err := in.ReadToken()
	return err
}
