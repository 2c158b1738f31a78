package fault

import (
	"errors"
	"fmt"
)

// Error says why a call was refused or failed: a code, and a sentence that helps the
// caller.
type Error struct {
	Code Code
	Text string
}

// Error returns the name of the code and the sentence.
func (e *Error) Error() string { return e.Code.String() + ": " + e.Text }

// New returns an Error with a formatted sentence.
func New(code Code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Of returns the Error that err wraps. If err wraps no Error, Of returns an Internal
// one with a general text, because the text of err is for the log only.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: Internal, Text: "internal error"}
}

// Is reports whether err wraps an Error with the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
