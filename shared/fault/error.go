package fault

import (
	"errors"
	"fmt"
)

// Error is a refusal: a code and a sentence that helps the caller.
type Error struct {
	Code Code
	Text string
}

// Error returns the sentence with the code's name.
func (e *Error) Error() string { return e.Code.String() + ": " + e.Text }

// New returns an Error with a formatted sentence.
func New(code Code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Of returns the Error inside err. An error that is none of this list is
// Internal, and its text is for the log only.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Text: "internal error"}
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
