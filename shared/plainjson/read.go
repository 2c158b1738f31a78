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

// Unmarshal reads JSON that a caller wrote, so that everybody reads the same in it:
// it is UTF-8 without halves of surrogates, no object has a name twice, at any
// depth, and a name is matched by its exact letters. {"To_Account":"bob",
// "to_account":"eve"} names bob to every reader; {"Text":"a","Text":"b"} is
// refused. The tag `json:"Type,case:ignore"` takes a name in any case, for what
// clients are known to write so. A byte order mark is passed over. null means that
// there is nothing: a field keeps its zero value, and a list goes on without it.
//
// A value of a wrong type is a *TypeError.
func Unmarshal(data []byte, into any) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var options []json.Options
	if bytes.Contains(data, []byte("null")) {
		options = append(options, json.WithUnmarshalers(json.UnmarshalFromFunc(list)))
	}
	err := json.Unmarshal(data, into, options...)
	var wrong *json.SemanticError
	if errors.As(err, &wrong) {
		return typeError(wrong)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	return nil
}

// A TypeError is a value of a wrong type.
type TypeError struct {
	// Path leads to the value: names of fields and, in lists, indexes.
	Path []string
	// Value is its kind in JSON, and the number if it is one: "number -1".
	Value string
	// Type is what is wanted.
	Type reflect.Type
}

// Error implements error.
func (e *TypeError) Error() string {
	what := strings.Join(e.Path, ".")
	if what == "" {
		what = "it"
	}
	return what + " is a JSON " + e.Value
}

func typeError(wrong *json.SemanticError) *TypeError {
	e := &TypeError{Value: kind(wrong.JSONKind), Type: wrong.GoType}
	for token := range wrong.JSONPointer.Tokens() {
		e.Path = append(e.Path, token)
	}
	if _, err := strconv.ParseFloat(string(wrong.JSONValue), 64); err == nil {
		e.Value += " " + string(wrong.JSONValue)
	}
	return e
}

// kind is the name of a kind of value.
func kind(k jsontext.Kind) string {
	switch k {
	case jsontext.KindTrue, jsontext.KindFalse:
		return "bool"
	case jsontext.KindBeginObject:
		return "object"
	case jsontext.KindBeginArray:
		return "array"
	}
	return k.String()
}

// list reads a list without the null in it; everything else is read as usual.
func list(in *jsontext.Decoder, into any) error {
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
