package fault

import (
	"errors"
	"fmt"
	"strconv"
)

// Error says why a call was refused or failed: a code, the field of the call that is at
// fault, and a sentence that helps the caller.
type Error struct {
	Code  Code
	Field Field // the field that the sentence names first; empty if it names none
	Index int   // which item of the list in the field; -1 if the fault is not of one item
	// Text is the sentence for logs: a field has its neutral name in it. A caller reads
	// Sentence.
	Text string

	format string
	args   []any
}

// An Item is one item of a list that is a field of a call.
type Item struct {
	Field Field
	Index int
}

// Item returns one item of the list in the field.
func (f Field) Item(index int) Item { return Item{f, index} }

// String returns the field's neutral name with the index: "elements[2]".
func (i Item) String() string { return i.name(Field.String) }

// name writes the item with the name that a dialect has for the field.
func (i Item) name(of func(Field) string) string {
	return of(i.Field) + "[" + strconv.Itoa(i.Index) + "]"
}

// Error returns the name of the code and the sentence.
func (e *Error) Error() string { return e.Code.String() + ": " + e.Text }

// New returns an Error with a formatted sentence. An argument that is a Field or an Item
// is a name that the dialect of the caller replaces by its own, and an argument that is
// an Error is replaced by the sentence of that Error. Example:
//
//	fault.New(fault.Invalid, "%s has 1 to %d keys", fault.Keys, 10)
//
// The log says "keys has 1 to 10 keys". A caller whose dialect calls the field "ids"
// reads "ids has 1 to 10 keys".
func New(code Code, format string, args ...any) error {
	return build(code, fmt.Sprintf(format, args...), format, args)
}

// At returns an Error of one field. The sentence begins with the name of the field and a
// colon.
func At(code Code, field Field, format string, args ...any) error {
	return build(code, field.String()+": "+fmt.Sprintf(format, args...), "%s: "+format, append([]any{field}, args...))
}

// AtItem returns an Error of one item of the list in a field. The sentence begins with
// the name of the field, the index in brackets and a colon: "elements[2]: ...".
func AtItem(code Code, field Field, index int, format string, args ...any) error {
	item := field.Item(index)
	return build(code, item.String()+": "+fmt.Sprintf(format, args...), "%s: "+format, append([]any{item}, args...))
}

// build returns an Error. The text is the formatted sentence.
func build(code Code, text, format string, args []any) error {
	e := &Error{Code: code, Index: -1, Text: text, format: format, args: args}
	for _, arg := range args {
		switch arg := arg.(type) {
		case Field:
			e.place(arg, -1)
		case Item:
			e.place(arg.Field, arg.Index)
		case error:
			if inner := asError(arg); inner != nil {
				e.place(inner.Field, inner.Index)
				e.Text = e.Sentence(Field.String)
			}
		}
	}
	return e
}

// place sets the field at fault, unless it is set.
func (e *Error) place(field Field, index int) {
	if e.Field == "" {
		e.Field, e.Index = field, index
	}
}

// Sentence returns the sentence with the names that a dialect has for the fields.
func (e *Error) Sentence(name func(Field) string) string {
	if len(e.args) == 0 {
		return e.Text
	}
	args := make([]any, len(e.args))
	for i, arg := range e.args {
		args[i] = arg
		switch arg := arg.(type) {
		case Field:
			args[i] = name(arg)
		case Item:
			args[i] = arg.name(name)
		case error:
			if inner := asError(arg); inner != nil {
				args[i] = inner.Sentence(name)
			}
		}
	}
	return fmt.Sprintf(e.format, args...)
}

// asError returns the Error that err wraps; nil if it wraps none.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Of returns the Error that err wraps. If err wraps no Error, Of returns an Internal
// one with a general text, because the text of err is for the log only.
func Of(err error) *Error {
	if e := asError(err); e != nil {
		return e
	}
	return &Error{Code: Internal, Index: -1, Text: "internal error"}
}

// Is reports whether err wraps an Error with the code.
func Is(err error, code Code) bool {
	e := asError(err)
	return e != nil && e.Code == code
}
