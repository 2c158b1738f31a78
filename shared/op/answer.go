package op

import (
	"encoding/json"
	"fmt"

	"parley/shared/fault"
)

// The largest answers that the platform carries. A larger one is dropped by API
// Gateway or Lambda, and the caller waits for an answer that never comes.
const (
	// maxFrame bounds the frame that answers a frame, in bytes: "message payload
	// size" of the quotas of WebSocket APIs.
	maxFrame = 128 << 10
	// maxInvocation bounds all that a function returns, in bytes: "invocation
	// payload, synchronous" of the quotas of Lambda.
	maxInvocation = 6 << 20
)

// answer is what a function returns to an API.
type answer struct {
	Status int               `json:"statusCode"`
	Header map[string]string `json:"headers,omitempty"`
	Body   string            `json:"body,omitempty"`
}

// Answer is what a function returns to an API: status, headers and a body. For a
// WebSocket route the body is the frame to send back.
func Answer(status int, header map[string]string, body []byte) ([]byte, error) {
	return json.Marshal(answer{status, header, string(body)})
}

// carried fails with fault.AnswerTooLarge if the platform does not carry an
// answer to the caller.
func (c *Call) carried(text []byte) error {
	if c.Request.Connection != "" {
		return c.fitsFrame(text)
	}
	if len(text) > maxInvocation {
		return fault.New(fault.AnswerTooLarge, "the answer has %d KB and a call over HTTP returns at most %d: ask for less at a time",
			len(text)>>10, maxInvocation>>10)
	}
	return nil
}

func (c *Call) fitsFrame(text []byte) error {
	if len(text) <= maxFrame {
		return nil // the frame is a part of it
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
