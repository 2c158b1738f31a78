package apps

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/shared/fault"
)

// A Row is the rule of one field of Settings, Limits or Features. The tags of the field:
//
//   - `default:"7 7 30"`: what holds if nothing is set, in each edition; with one value in
//     all of them. The default of a switch is 0 or 1.
//   - `cap:"7 365 365"`: what holds at most in each edition, whatever is set. Example:
//     RetentionDays 365 in the developer edition: messages are stored for 7 days.
//   - `min:"3"`, `max:"365"`: what a number can be set to, besides 0 for the default.
//   - `values:"any confirm deny"`: what a word can be set to, besides nothing for the
//     default. With `always:"true"` a new application gets the default, and nothing is
//     refused later.
//   - `bytes:"100"`: the maximum length of a text.
//   - `stored:"lf"`: the name of the attribute in which the value is stored. A stored name
//     never changes.
//   - `source:"docs/spec/tencent §8.0"`: where the rule comes from.
type Row struct {
	Name     string
	Part     Part
	Stored   string
	Source   string
	Values   []string
	Word     string // the default of a word
	Always   bool
	Default  [editions]int // the default of a number or a switch
	Cap      [editions]int // 0: no cap
	Min, Max int
	Bytes    int

	kind  reflect.Kind
	index int
}

const editions = 3

// A Part is one of the structs of the table.
type Part int

// The parts, in the order in which EffectiveSettings embeds their structs.
const (
	OfSettings Part = iota
	OfLimits
	OfFeatures
)

// Table returns all rows, in the order of the source.
func Table() []Row {
	out := make([]Row, 0, 32)
	for part, kind := range []reflect.Type{
		OfSettings: reflect.TypeFor[Settings](), OfLimits: reflect.TypeFor[Limits](), OfFeatures: reflect.TypeFor[Features](),
	} {
		for i := range kind.NumField() {
			f := kind.Field(i)
			if f.Tag.Get("json") == "-" {
				continue // Override, and the lists of custom fields
			}
			r := ParseRow(f.Name, f.Tag)
			r.Part, r.kind, r.index = Part(part), f.Type.Kind(), i
			out = append(out, r)
		}
	}
	return out
}

// ParseRow returns the row that the tags of a field describe. It panics if a tag is
// malformed.
func ParseRow(name string, tag reflect.StructTag) Row {
	r := Row{
		Name: name, Stored: tag.Get("stored"), Source: tag.Get("source"), Values: slices.Collect(strings.FieldsSeq(tag.Get("values"))),
		Always: tag.Get("always") == "true",
	}
	number := func(key, text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(fmt.Sprintf("%s: the tag %s has %q", name, key, text))
		}
		return n
	}
	each := func(key string) (out [editions]int) {
		n := 0
		for value := range strings.FieldsSeq(tag.Get(key)) {
			for i := n; i < editions; i++ { // the last one is that of the editions after it, too
				out[i] = number(key, value)
			}
			n++
		}
		return out
	}
	for _, one := range [...]struct {
		key   string
		field *int
	}{{"min", &r.Min}, {"max", &r.Max}, {"bytes", &r.Bytes}} {
		if text, ok := tag.Lookup(one.key); ok {
			*one.field = number(one.key, text)
		}
	}
	if r.Cap = each("cap"); len(r.Values) == 0 {
		r.Default = each("default")
	} else {
		r.Word = tag.Get("default")
	}
	return r
}

// field returns the field of the row in settings, and false for a feature, which cannot be
// set.
func (r Row) field(s *Settings) (reflect.Value, bool) {
	switch r.Part {
	case OfLimits:
		return reflect.ValueOf(&s.Override).Elem().Field(r.index), true
	case OfFeatures:
		return reflect.Value{}, false
	default:
		return reflect.ValueOf(s).Elem().Field(r.index), true
	}
}

// Value returns what is set: a string, a bool or an int. The zero value stands for the
// default. It returns nil for a feature.
func (r Row) Value(s Settings) any {
	v, ok := r.field(&s)
	switch {
	case !ok:
		return nil
	case r.kind == reflect.String:
		return v.String()
	case r.kind == reflect.Bool:
		return v.Bool()
	default:
		return int(v.Int())
	}
}

// Kind returns the kind of the field.
func (r Row) Kind() reflect.Kind { return r.kind }

// Set sets a value of the type that Value returns.
func (r Row) Set(s *Settings, value any) {
	if v, ok := r.field(s); ok {
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
	}
}

// Path returns the name of the row as faults and requests have it: "Follow",
// "Override.Friends".
func (r Row) Path() string {
	if r.Part == OfLimits {
		return "Override." + r.Name
	}
	return r.Name
}

// resolve puts what is in force into f: the default, if nothing is set, and at most the cap.
func (r Row) resolve(f *EffectiveSettings, edition int) {
	v := reflect.ValueOf(f).Elem().Field(int(r.Part)).Field(r.index)
	switch r.kind {
	case reflect.String:
		if v.String() == "" {
			v.SetString(r.Word)
		}
	case reflect.Bool:
		on := v.Bool() || r.Default[edition] > 0
		v.SetBool(on && (r.Cap == [editions]int{} || r.Cap[edition] > 0))
	default:
		n := int(v.Int())
		if n == 0 {
			n = r.Default[edition]
		}
		if most := r.Cap[edition]; most > 0 {
			n = min(n, most)
		}
		v.SetInt(int64(n))
	}
}

// check refuses a value that the row does not allow.
func (r Row) check(s Settings) error {
	name := r.Path()
	switch v := r.Value(s).(type) {
	case string:
		switch {
		case r.Bytes > 0 && (len(v) > r.Bytes || !utf8.ValidString(v)):
			return fault.New(fault.Invalid, "%s is over %d bytes or not UTF-8", name, r.Bytes)
		case len(r.Values) > 0 && (v != "" || r.Always) && !slices.Contains(r.Values, v):
			return fault.New(fault.Invalid, "%s is one of %s", name, strings.Join(r.Values, ", "))
		}
	case int:
		switch {
		case r.Min > 0 && v != 0 && (v < r.Min || v > r.Max):
			return fault.New(fault.Invalid, "%s is %d to %d, or 0 for the edition's", name, r.Min, r.Max)
		case r.Min == 0 && (v < 0 || v > r.Max):
			return fault.New(fault.Invalid, "%s is 0 to %d", name, r.Max)
		}
	}
	return nil
}
