package dynamo

import (
	"slices"
	"strconv"
	"unsafe"

	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/names"
)

// Item is the attributes of an item by their stored names. A nil Item is an item that does
// not exist, and reads as if it had no attributes.
type Item calls.Attributes

// Value is the value of an attribute.
type Value = calls.Value

// NewItem returns an item that has only a key.
func NewItem(k Key) Item {
	both := &[2]calls.Text{{Value: k.PK}, {Value: k.SK}}
	return Item{string(names.PK): &both[0], string(names.SK): &both[1]}
}

// Key returns the key of an item.
func (i Item) Key() Key { return Key{PK: i.Text(names.PK), SK: i.Text(names.SK)} }

// SK returns the sort key of an item.
func (i Item) SK() string { return i.Text(names.SK) }

// Set sets an attribute.
func (i Item) Set(a Attribute, v Value) { i[string(a)] = v }

// SetText sets a text. An empty text is not stored.
func (i Item) SetText(a Attribute, text string) {
	if text != "" {
		i.Set(a, Str(text))
	}
}

// SetInt sets a number. A number that is 0 is not stored.
func (i Item) SetInt(a Attribute, n int64) {
	if n != 0 {
		i.Set(a, Num(n))
	}
}

// Value returns an attribute as it is stored, nil if the item does not have it.
func (i Item) Value(a Attribute) Value { return i[string(a)] }

// Has reports whether an item has an attribute.
func (i Item) Has(a Attribute) bool { _, ok := i[string(a)]; return ok }

// HasText reports whether an item has an attribute that is a text.
func (i Item) HasText(a Attribute) bool {
	_, ok := i[string(a)].(*calls.Text)
	return ok
}

// HasNumber reports whether an item has an attribute that is a number.
func (i Item) HasNumber(a Attribute) bool {
	_, ok := i[string(a)].(*calls.Number)
	return ok
}

// Text returns a text, empty if the item does not have it.
func (i Item) Text(a Attribute) string { return TextOf(i[string(a)]) }

// Int returns a whole number, 0 if the item does not have it.
func (i Item) Int(a Attribute) int64 { return IntOf(i[string(a)]) }

// True reports whether an attribute is the truth value true.
func (i Item) True(a Attribute) bool {
	v, ok := i[string(a)].(*calls.Bool)
	return ok && v.Value
}

// Bytes returns binary data, nil if the item does not have it.
func (i Item) Bytes(a Attribute) []byte {
	if v, ok := i[string(a)].(*calls.Binary); ok {
		return v.Value
	}
	return nil
}

// Texts returns the texts of a list.
func (i Item) Texts(a Attribute) []string {
	l, ok := i[string(a)].(*calls.List)
	if !ok {
		return nil
	}
	list := make([]string, 0, len(l.Value))
	for _, v := range l.Value {
		if s, ok := v.(*calls.Text); ok {
			list = append(list, s.Value)
		}
	}
	return list
}

// TextSet returns the texts of a set, sorted, nil if the item does not have it.
func (i Item) TextSet(a Attribute) []string {
	set, ok := i[string(a)].(*calls.TextSet)
	if !ok {
		return nil
	}
	return slices.Sorted(slices.Values(set.Value))
}

// IntSet returns the whole numbers of a set, in no certain order.
func (i Item) IntSet(a Attribute) []int64 {
	set, ok := i[string(a)].(*calls.NumberSet)
	if !ok {
		return nil
	}
	list := make([]int64, 0, len(set.Value))
	for _, text := range set.Value {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// Map returns the members of a map, nil if the item does not have it.
func (i Item) Map(a Attribute) Item {
	if v, ok := i[string(a)].(*calls.Map); ok {
		return v.Value
	}
	return nil
}

// Maps returns the maps of a list.
func (i Item) Maps(a Attribute) []Item {
	var list []Item
	for _, v := range i.List(a) {
		if m, ok := v.(*calls.Map); ok {
			list = append(list, m.Value)
		}
	}
	return list
}

// List returns the values of a list, nil if the item does not have it.
func (i Item) List(a Attribute) []Value {
	if v, ok := i[string(a)].(*calls.List); ok {
		return v.Value
	}
	return nil
}

// FirstNonInteger returns the first of these attributes that the item has and that is not
// a whole number. It is empty if there is no such attribute.
func (i Item) FirstNonInteger(list ...Attribute) (bad Attribute) {
	for _, a := range list {
		v, found := i[string(a)]
		if !found {
			continue
		}
		n, ok := v.(*calls.Number)
		if !ok {
			return a
		}
		if _, err := strconv.ParseInt(n.Value, 10, 64); err != nil {
			return a
		}
	}
	return ""
}

// TextOf returns a value that is a text, empty if it is none.
func TextOf(v Value) string {
	if v, ok := v.(*calls.Text); ok {
		return v.Value
	}
	return ""
}

// IntOf returns a value that is a whole number, 0 if it is none.
func IntOf(v Value) int64 {
	if v, ok := v.(*calls.Number); ok {
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// Str returns a text.
func Str(v string) Value { return &calls.Text{Value: v} }

// Num returns a number.
func Num[T ~int | ~int64 | ~uint32](v T) Value {
	// The number and its digits are one piece of memory. The digits do not change any more.
	n := &struct {
		calls.Number
		digits [20]byte
	}{}
	text := strconv.AppendInt(n.digits[:0], int64(v), 10)
	n.Value = unsafe.String(&n.digits[0], len(text))
	return &n.Number
}

// NumIfAny returns a number, or nil, which is no attribute, if it is 0.
func NumIfAny(n int64) Value {
	if n == 0 {
		return nil
	}
	return Num(n)
}

// StrIfAny returns a text, or nil, which is no attribute, if it is empty.
func StrIfAny(v string) Value {
	if v == "" {
		return nil
	}
	return Str(v)
}

// Bin returns binary data.
func Bin(v []byte) Value { return &calls.Binary{Value: v} }

// True returns the boolean true. False is stored as no attribute.
func True() Value { return Bool(true) }

// Bool returns a truth value.
func Bool(v bool) Value { return &calls.Bool{Value: v} }

// Texts returns a list of texts.
func Texts(list []string) Value {
	values := make([]Value, len(list))
	for i, text := range list {
		values[i] = Str(text)
	}
	return List(values)
}

// List returns a list.
func List(values []Value) Value { return &calls.List{Value: values} }

// Map returns a map of members by their names.
func Map(members Item) Value { return &calls.Map{Value: members} }

// TextSet returns a set of texts.
func TextSet(list ...string) Value { return &calls.TextSet{Value: list} }

// IntSet returns a set of whole numbers.
func IntSet(list ...int64) Value {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return &calls.NumberSet{Value: texts}
}

// Equal reports whether two texts, numbers or binary data are the same as they are stored.
// nil, which is no attribute, is equal to nil only.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case *calls.Number:
		b, ok := b.(*calls.Number)
		return ok && a.Value == b.Value
	case *calls.Text:
		b, ok := b.(*calls.Text)
		return ok && a.Value == b.Value
	case *calls.Binary:
		b, ok := b.(*calls.Binary)
		return ok && slices.Equal(a.Value, b.Value)
	}
	return a == nil && b == nil
}
