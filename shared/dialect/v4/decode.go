package v4

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// A FieldError says that a field is missing or has a wrong value, with the error number
// that the vendor documents for this field of this command.
type FieldError struct {
	Number int
	Text   string
}

// Error returns the sentence.
func (e *FieldError) Error() string { return e.Text }

// Refusal tells the chain that the caller is at fault, and not the server.
func (*FieldError) Refusal() bool { return true }

// AsFieldError returns the FieldError inside err; nil if there is none.
func AsFieldError(err error) *FieldError {
	var f *FieldError
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Refuse returns a FieldError with a number and a sentence.
func Refuse(number int, format string, args ...any) error {
	return &FieldError{Number: number, Text: fmt.Sprintf(format, args...)}
}

// maxItems is the maximum length of a list in a request that has no limit of its own. No
// command takes more items.
const maxItems = 1000

// Decode reads a JSON object into a request. plainjson.Unmarshal says how JSON is read.
// Unknown names are ignored (docs/spec/tencent §1.1, §14). Struct tags give the error
// number for a field:
//
//   - `need:"90005"`: the field is required. The number is for a field that is missing or
//     empty, or has a wrong type.
//   - `bad:"90031"`: the number is for a wrong type, also if the field has the tag need.
//   - A field without these tags: a wrong type fails with fault.Malformed, like a body
//     that is not a JSON object.
//
// More tags check values, so that no operation has to check them:
//
//   - `id:"user"`: the text is one UserID. A malformed id fails like a wrong type; if the
//     field has no number, it fails with fault.Invalid. With `id:"receiver"` it fails with
//     fault.ReceiverUnknown, like an id that nobody has. An empty text is not checked: the
//     tag need refuses it.
//   - `max:"100"`: the maximum length of a list. A longer list fails like a malformed id.
//     Without the tag it is maxItems. With `max:"-"` the length has no limit, because the
//     operation limits the bytes.
//   - `repeats:"true"`: a list of texts in which equal texts count. In every other list of
//     texts the repeats are removed. Example: a TagList that has one tag 1,000 times asks
//     for one tag.
func Decode(body []byte, into any) error {
	body = bytes.Trim(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n") // the white space of JSON; bytes.TrimSpace removes more
	if len(body) == 0 || body[0] != '{' {
		return fault.New(fault.Malformed, "the body is not a JSON object")
	}
	if err := plainjson.Unmarshal(body, into); err != nil {
		var wrong *plainjson.TypeError
		if !errors.As(err, &wrong) {
			return fault.New(fault.Malformed, "the body is not JSON: %s", err)
		}
		return typeError(reflect.TypeOf(into).Elem(), wrong)
	}
	v := reflect.ValueOf(into).Elem()
	if err := checkRequired(v); err != nil {
		return err
	}
	return checkValues(v)
}

// typeError returns the error for a value of a wrong type in a request of type t. The
// outermost field with a number gives the number.
func typeError(t reflect.Type, wrong *plainjson.TypeError) error {
	path, errorNumber := "", 0
	for _, name := range wrong.Path {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			path += "[" + name + "]"
			t = t.Elem()
			continue
		}
		path = strings.TrimPrefix(path+"."+name, ".")
		f, ok := fieldNamed(t, name)
		if !ok {
			continue
		}
		t = f.Type
		if errorNumber == 0 {
			errorNumber = tagNumber(f, "bad", "need")
		}
	}
	text := fmt.Sprintf("%s has to be %s, it is a JSON %s", path, describeType(wrong.Type), wrong.Value)
	if errorNumber != 0 {
		return &FieldError{Number: errorNumber, Text: text}
	}
	return fault.New(fault.Malformed, "%s", text)
}

// checkValues refuses malformed ids and lists that are too long, and removes the repeats
// from lists of texts.
func checkValues(v reflect.Value) error {
	for f, value := range v.Fields() {
		if value.Kind() == reflect.Pointer && !value.IsNil() {
			value = value.Elem()
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch value.Kind() {
		case reflect.String:
			kind := f.Tag.Get("id")
			if kind == "" || value.String() == "" {
				continue
			}
			switch err := accounts.CheckID(value.String()); {
			case err == nil:
			case kind == "receiver":
				return fault.New(fault.ReceiverUnknown, "%s: %s", name, err)
			default:
				return fieldRefusal(f, "%s: %s", name, fault.Of(err).Sentence(FieldName))
			}
		case reflect.Slice:
			if value.Type().Elem().Kind() == reflect.Uint8 {
				continue
			}
			limit := maxItems
			if n := tagNumber(f, "max"); n != 0 {
				limit = n
			}
			if value.Len() > limit && f.Tag.Get("max") != "-" {
				return fieldRefusal(f, "%s has at most %d items", name, limit)
			}
			switch value.Type().Elem().Kind() {
			case reflect.String:
				if f.Tag.Get("repeats") == "" {
					value.Set(distinct(value))
				}
			case reflect.Struct:
				for i := range value.Len() {
					if err := checkValues(value.Index(i)); err != nil {
						return err
					}
				}
			default:
			}
		case reflect.Struct:
			if err := checkValues(value); err != nil {
				return err
			}
		default: // nothing of it is checked here
		}
	}
	return nil
}

// distinct returns a list of texts without repeats. Each text is at the place where it was
// first.
func distinct(list reflect.Value) reflect.Value {
	seen, n := make(map[string]bool, list.Len()), 0
	for i := range list.Len() {
		if text := list.Index(i); !seen[text.String()] {
			seen[text.String()] = true
			list.Index(n).Set(text)
			n++
		}
	}
	return list.Slice(0, n)
}

// fieldRefusal returns a FieldError with the number of a field; if the field has none,
// fault.Invalid.
func fieldRefusal(f reflect.StructField, format string, args ...any) error {
	if n := tagNumber(f, "bad", "need"); n != 0 {
		return &FieldError{Number: n, Text: fmt.Sprintf(format, args...)}
	}
	return fault.New(fault.Invalid, format, args...)
}

// describeType says in words which JSON a Go type takes.
func describeType(t reflect.Type) string {
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

// fieldNamed returns the field of a struct that has a name in JSON. It also finds fields
// of embedded structs.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if cmp.Or(tag, f.Name) == name || (strings.Contains(options, "case:ignore") && strings.EqualFold(tag, name)) {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// checkRequired refuses a request in which a field with the tag need is missing or empty.
func checkRequired(v reflect.Value) error {
	for f, value := range v.Fields() {
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := checkRequired(value); err != nil {
				return err
			}
			continue
		}
		n := tagNumber(f, "need")
		if n == 0 || (!value.IsZero() && (value.Kind() != reflect.Slice || value.Len() > 0)) {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return &FieldError{Number: n, Text: name + " is missing or empty"}
	}
	return nil
}

// tagNumber returns the number in the first of the tags that a field has; 0 if it has
// none.
func tagNumber(f reflect.StructField, tags ...string) int {
	for _, tag := range tags {
		if text := f.Tag.Get(tag); text != "" {
			if n, err := strconv.Atoi(text); err == nil {
				return n
			}
		}
	}
	return 0
}
