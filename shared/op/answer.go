package op

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"parley/shared/fault"
	"parley/shared/plainjson"
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

// Answer encodes what a function returns to API Gateway: a status, headers and a body. On
// a WebSocket route, API Gateway sends the body back as a frame.
func Answer(status int, header map[string]string, body []byte) ([]byte, error) {
	b := beginAnswer(status, header, len(body)+len(body)/4) // a body of JSON has quotes, which are escaped
	if len(body) > 0 {
		b = append(b, `,"body":`...)
		b = plainjson.AppendText(b, body)
	}
	return append(b, '}'), nil
}

// beginAnswer writes the status and the headers, which are sorted, and leaves room for a body.
func beginAnswer(status int, header map[string]string, room int) []byte {
	b := make([]byte, 0, 256+room)
	b = append(b, `{"statusCode":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	next := `,"headers":{`
	for _, name := range slices.Sorted(maps.Keys(header)) {
		b = append(b, next...)
		b = plainjson.AppendText(b, name)
		b = append(b, ':')
		b = plainjson.AppendText(b, header[name])
		next = ","
	}
	if len(header) > 0 {
		b = append(b, '}')
	}
	return b
}

// leastCompressed is the size of a body from which compression saves more than it costs.
const leastCompressed = 1 << 10

// A compressor compresses one body after the other.
type compressor struct {
	to     bytes.Buffer
	writer *gzip.Writer
}

// compressors are those that a Server uses again and again, because each has tables of 800 KB.
type compressors struct{ pool sync.Pool }

// get returns one that put was given, or a new one. A Call that no Server made has none to use again.
func (p *compressors) get() *compressor {
	if p != nil {
		if z, ok := p.pool.Get().(*compressor); ok {
			return z
		}
	}
	return &compressor{writer: gzip.NewWriter(nil)}
}

func (p *compressors) put(z *compressor) {
	if p != nil {
		p.pool.Put(z)
	}
}

// compress returns a body, compressed. The bytes are overwritten by the next call.
func (z *compressor) compress(body []byte) []byte {
	z.to.Reset()
	z.writer.Reset(&z.to)
	_, _ = z.writer.Write(body) // a Buffer takes everything
	_ = z.writer.Close()
	return z.to.Bytes()
}

// Answer is Answer for the caller of c: over HTTP, a body is compressed if the caller accepts
// gzip and the body has a kilobyte or more. Example: a sync of 100 rows has 15 KB, and 2 KB
// compressed. API Gateway decodes the base64.
func (c *Call) Answer(status int, header map[string]string, body []byte) ([]byte, error) {
	if c.Request.Connection != "" || len(body) < leastCompressed || !acceptsGzip(c.Request.Header["accept-encoding"]) {
		return Answer(status, header, body)
	}
	z := c.compressors.get()
	defer c.compressors.put(z)
	compressed := z.compress(body)
	header = maps.Clone(header)
	header["Content-Encoding"], header["Vary"] = "gzip", "Accept-Encoding"
	b := beginAnswer(status, header, base64.StdEncoding.EncodedLen(len(compressed)))
	b = append(b, `,"body":"`...)
	b = base64.StdEncoding.AppendEncode(b, compressed)
	return append(b, `","isBase64Encoded":true}`...), nil
}

// acceptsGzip reports whether a header Accept-Encoding names gzip without forbidding it
// ("gzip;q=0").
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
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
	var a struct {
		Body string `json:"body"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("answer to a frame: %w", err)
	}
	if len(a.Body) > maxFrame {
		return fault.New(fault.AnswerTooLarge, "the answer has %d KB and a frame carries at most %d: ask for less at a time, or call over HTTP",
			len(a.Body)>>10, maxFrame>>10)
	}
	return nil
}
