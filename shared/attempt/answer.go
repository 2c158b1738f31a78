package attempt

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// AnswerError is an answer whose status is no success. It has a status, and within it an error
// with a code, by which the retryer decides.
type AnswerError struct {
	Status    int
	RequestID string
	Err       error
}

// Error returns what the SDK says about such an answer.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("https response error StatusCode: %d, RequestID: %s, %v", e.Status, e.RequestID, e.Err)
}

// Unwrap returns the error with the code.
func (e *AnswerError) Unwrap() error { return e.Err }

// HTTPStatusCode returns the status. The retryer asks for it.
func (e *AnswerError) HTTPStatusCode() int { return e.Status }

// A Header has the headers of an answer.
type Header interface {
	// Get returns the value of a header; "" if there is none.
	Get(name string) string
}

// NewAnswerError returns the error that an answer of AWS JSON is. An answer without a code has
// the code "UnknownError".
func NewAnswerError(status int, header Header, answer []byte) (e *AnswerError, code, message string) {
	var said struct {
		Code    string
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(answer, &said) // an answer that is not JSON has only a status
	code, message = header.Get("X-Amzn-ErrorType"), said.Message
	for _, other := range []string{said.Type, said.Code, "UnknownError"} {
		if code == "" {
			code = other
		}
	}
	// Example: "com.amazonaws.sqs#QueueDoesNotExist:http://internal.amazon.com/coral/" is the
	// code QueueDoesNotExist.
	code, _, _ = strings.Cut(code, ":")
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	if message == "" {
		message = code
	}
	return &AnswerError{
		Status: status, RequestID: header.Get("X-Amzn-Requestid"), Err: &smithy.GenericAPIError{Code: code, Message: message},
	}, code, message
}
