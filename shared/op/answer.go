package op

import (
	"encoding/json"
	"fmt"

	"parley/shared/fault"
)

// The largest answers that AWS delivers. API Gateway or Lambda drops a larger one, and the
// caller waits for an answer that never comes.
const (
	// maxFrame is the maximum size of a frame that answers a frame, in bytes: "message
	// payload size" in the quotas of WebSocket APIs.
	maxFrame = 128 << 10
	// maxInvocation is the maximum size of all that a function returns, in bytes:
	// "invocation payload, synchronous" in the quotas of Lambda.
	maxInvocation = 6 << 20
)

// answer is what a function returns to API Gateway.
type answer struct {
	Status int               `json:"statusCode"`
	Header map[string]string `json:"headers,omitempty"`
	Body   string            `json:"body,omitempty"`
}

// Answer encodes what a function returns to API Gateway: a status, headers and a body. On
// a WebSocket route, API Gateway sends the body back as a frame.
func Answer(status int, header map[string]string, body []byte) ([]byte, error) {
	return json.Marshal(answer{status, header, string(body)})
}

// checkAnswerSize fails with fault.AnswerTooLarge if AWS would not deliver an answer to
// the caller.
func (c *Call) checkAnswerSize(text []byte) error {
	if c.Request.Connection != "" {
		return c.checkFrameSize(text)
	}
	if len(text) > maxInvocation {
		return fault.New(fault.AnswerTooLarge, "the answer has %d KB and a call over HTTP returns at most %d: ask for less at a time",
			len(text)>>10, maxInvocation>>10)
	}
	return nil
}

// checkFrameSize is checkAnswerSize for a call over the WebSocket API. The limit is for
// the body of the answer alone.
func (c *Call) checkFrameSize(text []byte) error {
	if len(text) <= maxFrame {
		return nil // the body is a part of text
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("answer to a frame: %w", err)
	}
	if len(a.Body) > maxFrame {
		return fault.New(fault.AnswerTooLarge, "the answer has %d KB and a frame carries at most %d: ask for less at a time, or call over HTTP",
			len(a.Body)>>10, maxFrame>>10)
	}
	return nil
}
