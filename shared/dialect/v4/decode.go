package v4

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/plainjson"
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

// maxItems bounds every list of a request that has no smaller bound: no command
// takes more at once.
const maxItems = 1000

// Decode reads a JSON object into a request. Struct tags tell which number
// answers what is wrong with a field: `need:"90005"` if it is missing or of a
// wrong type, `bad:"90031"` if it may be missing but not of a wrong type; both
// if the two differ. A field without tags answers fault.Malformed, as does a
// body that is no JSON object. How JSON is read is said at plainjson.Unmarshal;
// unknown names are ignored (core spec §1.1, §14).
//
// Further tags say what a field is, so that no operation has to ask:
//
//   - `id:"user"` is one UserID. If it is none, that is answered like a wrong type,
//     and by fault.Invalid without a number; `id:"receiver"` is answered by
//     fault.ReceiverUnknown instead, like an id that nobody has. "" is for need
//     to refuse.
//   - `max:"100"` is the most items of a list, answered alike. A list without it
//     has at most maxItems; with `max:"-"` its bytes are bounded instead, by what
//     the operation checks.
//   - `repeats:"true"` is a list of texts in which equal ones count. Any other is
//     made distinct: a TagList with one tag 1,000 times asks for one.
func Decode(body []byte, into any) error {
	body = bytes.Trim(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n") // JSON's white space, bytes.TrimSpace knows more
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
	if err := missing(v); err != nil {
		return err
	}
	return checked(v)
}

func typeError(t reflect.Type, wrong *plainjson.TypeError) error {
	path, found := "", 0
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
		if found == 0 {
			found = number(f, "bad", "need")
		}
	}
	text := fmt.Sprintf("%s has to be %s, it is a JSON %s", path, wanted(wrong.Type), wrong.Value)
	if found != 0 {
		return &FieldError{Number: found, Text: text}
	}
	return fault.New(fault.Malformed, "%s", text)
}

// checked refuses texts that are not the ids they have to be, and lists that are
// too long.
func checked(v reflect.Value) error {
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
				return fault.New(fault.ReceiverUnknown, "%s: %s", name, fault.Of(err).Text)
			default:
				return refusal(f, "%s: %s", name, fault.Of(err).Text)
			}
		case reflect.Slice:
			if value.Type().Elem().Kind() == reflect.Uint8 {
				continue
			}
			most := maxItems
			if n := number(f, "max"); n != 0 {
				most = n
			}
			if value.Len() > most && f.Tag.Get("max") != "-" {
				return refusal(f, "%s has at most %d items", name, most)
			}
			switch value.Type().Elem().Kind() {
			case reflect.String:
				if f.Tag.Get("repeats") == "" {
					value.Set(distinct(value))
				}
			case reflect.Struct:
				for i := range value.Len() {
					if err := checked(value.Index(i)); err != nil {
						return err
					}
				}
			}
		case reflect.Struct:
			if err := checked(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// distinct returns texts without repeats, each at its first place.
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

// refusal is what is wrong with a field, with its number if it has one.
func refusal(f reflect.StructField, format string, args ...any) error {
	if n := number(f, "bad", "need"); n != 0 {
		return &FieldError{Number: n, Text: fmt.Sprintf(format, args...)}
	}
	return fault.New(fault.Invalid, format, args...)
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

// fieldNamed returns the field of a struct with a name in JSON, also one of an
// embedded struct.
func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name || (strings.Contains(options, "case:ignore") && strings.EqualFold(tag, name)) {
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
