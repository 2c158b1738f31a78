package v4

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"parley/shared/fault"
)

// A FieldError is a field that is missing or has a wrong type, with the number
// that the command's reference gives for it.
type FieldError struct {
	Number int
	Text   string
}

// Error returns the sentence.
func (e *FieldError) Error() string { return e.Text }

// Refusal tells the chain that the caller is at fault.
func (*FieldError) Refusal() bool { return true }

// AsFieldError returns the FieldError inside err, nil when there is none.
func AsFieldError(err error) *FieldError {
	var f *FieldError
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Refuse returns a FieldError.
func Refuse(number int, format string, args ...any) error {
	return &FieldError{Number: number, Text: fmt.Sprintf(format, args...)}
}

// Decode reads a JSON object into a request. Struct tags tell which number
// answers what is wrong with a field: `need:"90005"` where it is missing or of a
// wrong type, `bad:"90031"` where it may be missing but not of a wrong type; both
// where the two differ. A field without tags answers fault.Malformed, as does a
// body that is no JSON object. Names match without regard to case, unknown ones
// are ignored (core spec §1.1, §14). Bytes that are no UTF-8 become U+FFFD, so that
// whatever is stored and sent on is text.
func Decode(body []byte, into any) error {
	body = bytes.Trim(body, " \t\r\n") // JSON's white space, bytes.TrimSpace knows more
	if len(body) == 0 || body[0] != '{' {
		return fault.New(fault.Malformed, "the body is not a JSON object")
	}
	body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	if err := json.Unmarshal(body, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) {
			return fault.New(fault.Malformed, "the body is not JSON: %s", err)
		}
		return typeError(reflect.TypeOf(into).Elem(), wrong)
	}
	return missing(reflect.ValueOf(into).Elem())
}

func typeError(t reflect.Type, wrong *json.UnmarshalTypeError) error {
	var path []string
	found := 0
	for _, name := range strings.Split(wrong.Field, ".") {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		f, ok := fieldNamed(t, name)
		if !ok {
			path = append(path, name)
			continue
		}
		t = f.Type
		if f.Anonymous && f.Tag.Get("json") == "" {
			continue // encoding/json names embedded structs, a caller does not
		}
		path = append(path, name)
		if found == 0 {
			found = number(f, "bad", "need")
		}
	}
	text := fmt.Sprintf("%s has to be %s, it is a JSON %s", strings.Join(path, "."), wanted(wrong.Type), wrong.Value)
	if found != 0 {
		return &FieldError{Number: found, Text: text}
	}
	return fault.New(fault.Malformed, "%s", text)
}

// wanted says in words what a Go type takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint32:
		return "a whole number from 0 to 4294967295"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default:
		return "an object"
	}
}

// fieldNamed returns the field of a struct with a name in JSON; an embedded
// struct without one has the name of its type.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" {
			tag = f.Name
		}
		if tag == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

func missing(v reflect.Value) error {
	for f, value := range v.Fields() {
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := missing(value); err != nil {
				return err
			}
			continue
		}
		n := number(f, "need")
		if n == 0 || (!value.IsZero() && (value.Kind() != reflect.Slice || value.Len() > 0)) {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return &FieldError{Number: n, Text: name + " is missing or empty"}
	}
	return nil
}

// number returns the first of the tags that a field has.
func number(f reflect.StructField, tags ...string) int {
	for _, tag := range tags {
		if n, err := strconv.Atoi(f.Tag.Get(tag)); err == nil {
			return n
		}
	}
	return 0
}
