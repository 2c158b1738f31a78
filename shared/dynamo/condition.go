package dynamo

import (
	"slices"
	"strconv"
	"strings"

	"parley/shared/dynamo/names"
)

// A Condition is what must hold of an item as it is stored, so that it is written, or what
// a query selects. The zero Condition always holds. Example:
// Any(Absent(version), Less(version, Num(5))) holds if the item has no version, or one
// below 5.
//
// An item that does not exist has no attributes: Absent and Differs hold, and no other
// comparison does.
type Condition struct {
	kind  kind
	about names.Operand
	other names.Operand // of lessThan
	value Value         // what about is compared with
	list  []Value       // of in
	parts []Condition   // of not, all and any
}

// A kind of condition.
type kind int

// The kinds. none is that of the zero Condition.
const (
	none kind = iota
	exists
	missing
	equals
	differs
	less
	lessThan
	atMost
	greater
	atLeast
	in
	contains
	sizeLess
	not
	all
	anyOf
)

// IsZero reports whether a condition always holds.
func (c Condition) IsZero() bool {
	if c.kind == all || c.kind == anyOf {
		return !slices.ContainsFunc(c.parts, func(p Condition) bool { return !p.IsZero() })
	}
	return c.kind == none
}

// Exists holds if the item has the attribute or member.
func Exists(o names.Operand) Condition { return Condition{kind: exists, about: o} }

// Absent holds if the item does not have the attribute or member.
func Absent(o names.Operand) Condition { return Condition{kind: missing, about: o} }

// ItemExists holds if the item exists.
func ItemExists() Condition { return Exists(names.PK) }

// ItemAbsent holds if the item does not exist.
func ItemAbsent() Condition { return Absent(names.PK) }

// Equals holds if the attribute has the value.
func Equals(o names.Operand, v Value) Condition { return Condition{kind: equals, about: o, value: v} }

// Differs holds if the item has the attribute with another value, or does not have it.
func Differs(o names.Operand, v Value) Condition { return Condition{kind: differs, about: o, value: v} }

// Less holds if the attribute is less than the value.
func Less(o names.Operand, v Value) Condition { return Condition{kind: less, about: o, value: v} }

// LessThanAttribute holds if the attribute is less than another one.
func LessThanAttribute(o, other names.Operand) Condition {
	return Condition{kind: lessThan, about: o, other: other}
}

// AtMost holds if the attribute is the value or less.
func AtMost(o names.Operand, v Value) Condition { return Condition{kind: atMost, about: o, value: v} }

// Greater holds if the attribute is greater than the value.
func Greater(o names.Operand, v Value) Condition { return Condition{kind: greater, about: o, value: v} }

// AtLeast holds if the attribute is the value or greater.
func AtLeast(o names.Operand, v Value) Condition { return Condition{kind: atLeast, about: o, value: v} }

// In holds if the attribute is one of the values.
func In(o names.Operand, values ...Value) Condition {
	return Condition{kind: in, about: o, list: values}
}

// Contains holds if a set has the value.
func Contains(o names.Operand, v Value) Condition {
	return Condition{kind: contains, about: o, value: v}
}

// SizeLess holds if a set has fewer elements.
func SizeLess(o names.Operand, n int) Condition {
	return Condition{kind: sizeLess, about: o, value: Num(n)}
}

// EqualsOrAbsent holds if the attribute has the value. If the value is nil, it holds if the item does
// not have the attribute.
func EqualsOrAbsent(o names.Operand, v Value) Condition {
	if v == nil {
		return Absent(o)
	}
	return Equals(o, v)
}

// Unchanged holds if these attributes are as they were read.
func Unchanged(read Item, list ...Attribute) Condition {
	conditions := make([]Condition, len(list))
	for i, a := range list {
		conditions[i] = EqualsOrAbsent(a, read.Value(a))
	}
	return All(conditions...)
}

// Not holds if the condition does not hold.
func Not(c Condition) Condition { return Condition{kind: not, parts: []Condition{c}} }

// All holds if all conditions hold.
func All(list ...Condition) Condition { return Condition{kind: all, parts: list} }

// Any holds if one of the conditions holds.
func Any(list ...Condition) Condition { return Condition{kind: anyOf, parts: list} }

// AbsentOr holds if the item does not have the attribute that the comparison c is about, or if
// c holds. Example: AbsentOr(Less(version, Num(5))).
func AbsentOr(c Condition) Condition { return Any(Absent(c.about), c) }

// An expressionWriter numbers the names and values of the expressions of one call: #0, #1, ...
// and :0, :1, ... So an attribute may have any name, also a reserved word of DynamoDB. A value
// that is used twice is sent once.
type expressionWriter struct {
	b      strings.Builder
	names  []Attribute
	values []Value
}

// usualNames is how many names, and how many values, most expressions have at most.
const usualNames = 8

// The first placeholders of names and of values, three bytes each.
const (
	namePlaceholders = "#00#01#02#03#04#05#06#07#08#09" + "#10#11#12#13#14#15#16#17#18#19" + "#20#21#22#23#24#25#26#27#28#29" +
		"#30#31#32#33#34#35#36#37#38#39" + "#40#41#42#43#44#45#46#47#48#49" + "#50#51#52#53#54#55#56#57#58#59"
	valuePlaceholders = ":00:01:02:03:04:05:06:07:08:09" + ":10:11:12:13:14:15:16:17:18:19" + ":20:21:22:23:24:25:26:27:28:29" +
		":30:31:32:33:34:35:36:37:38:39" + ":40:41:42:43:44:45:46:47:48:49" + ":50:51:52:53:54:55:56:57:58:59"
)

// placeholder returns the placeholder of a number. list is one of the constants.
func placeholder(list string, n int) string {
	if n < len(list)/3 {
		return list[3*n : 3*n+3]
	}
	return list[:1] + strconv.Itoa(n)
}

func (w *expressionWriter) writeName(a Attribute) {
	n := slices.Index(w.names, a)
	if n < 0 {
		if n = len(w.names); n == 0 {
			w.names = make([]Attribute, 0, usualNames)
		}
		w.names = append(w.names, a)
	}
	w.b.WriteString(placeholder(namePlaceholders, n))
}

func (w *expressionWriter) writeOperand(o names.Operand) {
	attribute, member := o.Path()
	w.writeName(attribute)
	if member != "" {
		w.b.WriteByte('.')
		w.writeName(member)
	}
}

// writeValue writes a value. Values are pointers: the same one gets the same number, an equal
// one may get another.
func (w *expressionWriter) writeValue(v Value) {
	n := slices.Index(w.values, v)
	if n < 0 {
		if n = len(w.values); n == 0 {
			w.values = make([]Value, 0, usualNames)
		}
		w.values = append(w.values, v)
	}
	w.b.WriteString(placeholder(valuePlaceholders, n))
}

// end returns the expression that was written, nil if nothing was, and begins another one with
// the same names and values.
func (w *expressionWriter) end() *string {
	if w.b.Len() == 0 {
		return nil
	}
	text := w.b.String()
	w.b.Reset()
	return &text
}

// nameMap returns the names for DynamoDB, which refuses an empty map: it is nil if there are
// none.
func (w *expressionWriter) nameMap() map[string]string {
	if len(w.names) == 0 {
		return nil
	}
	list := make(map[string]string, len(w.names))
	for n, a := range w.names {
		list[placeholder(namePlaceholders, n)] = string(a)
	}
	return list
}

// valueMap returns the values for DynamoDB, nil if there are none.
func (w *expressionWriter) valueMap() Item {
	if len(w.values) == 0 {
		return nil
	}
	list := make(Item, len(w.values))
	for n, v := range w.values {
		list[placeholder(valuePlaceholders, n)] = v
	}
	return list
}

// condition returns the expression of a condition, nil if the condition always holds.
func (w *expressionWriter) condition(c Condition) *string {
	if !c.IsZero() {
		w.b.Grow(64)
		w.writeCondition(c)
	}
	return w.end()
}

func (w *expressionWriter) writeCondition(c Condition) {
	switch c.kind {
	case exists:
		w.writeFunction("attribute_exists(", c.about, nil)
	case missing:
		w.writeFunction("attribute_not_exists(", c.about, nil)
	case contains:
		w.writeFunction("contains(", c.about, c.value)
	case sizeLess:
		w.writeFunction("size(", c.about, nil)
		w.b.WriteString(" < ")
		w.writeValue(c.value)
	case lessThan:
		w.writeOperand(c.about)
		w.b.WriteString(" < ")
		w.writeOperand(c.other)
	case in:
		w.writeOperand(c.about)
		separator := " IN ("
		for _, v := range c.list {
			w.b.WriteString(separator)
			w.writeValue(v)
			separator = ", "
		}
		w.b.WriteByte(')')
	case not:
		w.b.WriteString("NOT ")
		w.writeJoined("", c.parts)
	case all:
		w.writeJoined(" AND ", c.parts)
	case anyOf:
		w.writeJoined(" OR ", c.parts)
	case none:
	case equals:
		w.writeComparison(c.about, " = ", c.value)
	case differs:
		w.writeComparison(c.about, " <> ", c.value)
	case less:
		w.writeComparison(c.about, " < ", c.value)
	case atMost:
		w.writeComparison(c.about, " <= ", c.value)
	case greater:
		w.writeComparison(c.about, " > ", c.value)
	case atLeast:
		w.writeComparison(c.about, " >= ", c.value)
	}
}

func (w *expressionWriter) writeFunction(name string, o names.Operand, v Value) {
	w.b.WriteString(name)
	w.writeOperand(o)
	if v != nil {
		w.b.WriteString(", ")
		w.writeValue(v)
	}
	w.b.WriteByte(')')
}

func (w *expressionWriter) writeComparison(o names.Operand, how string, v Value) {
	w.writeOperand(o)
	w.b.WriteString(how)
	w.writeValue(v)
}

// writeJoined writes conditions in brackets, without those that always hold. DynamoDB refuses
// brackets that are not needed, as in "((a = b))", so a join of one condition has none.
func (w *expressionWriter) writeJoined(how string, list []Condition) {
	parts := 0
	for _, c := range list {
		if !c.IsZero() {
			parts++
		}
	}
	brackets, first := parts > 1 || how == "", true
	for _, c := range list {
		if c.IsZero() {
			continue
		}
		if !first {
			w.b.WriteString(how)
		}
		first = false
		if brackets {
			w.b.WriteByte('(')
		}
		w.writeCondition(c)
		if brackets {
			w.b.WriteByte(')')
		}
	}
}
