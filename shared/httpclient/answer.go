package httpclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Errors of an answer.
var (
	errMalformed = errors.New("the answer is not HTTP")
	errHeader    = errors.New("the headers of the answer are too large")
	errBody      = errors.New("the body of the answer is too large")
)

// A Response is an answer. Do fills it in, and it can be used for another answer then: the memory of
// its headers is used again, that of its body is not.
type Response struct {
	Status int    // 0: no complete headers came
	Body   []byte // belongs to the caller; nil if Request.Discard was set
	Sent   int    // how often the request was sent, 2 at most
	header []byte // lines with "\r\n" at their ends
	began  bool   // a byte came
}

func (r *Response) reset() { *r = Response{header: r.header[:0]} }

// Get returns the value of the first header with a name, whose case does not matter; "" if there is
// none.
func (r *Response) Get(name string) string { return string(r.Value(name)) }

// Value is Get without a copy. It is valid until the Response is used again.
func (r *Response) Value(name string) []byte {
	for rest := r.header; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		if n, value, ok := cutField(line); ok && len(n) == len(name) && strings.EqualFold(string(n), name) {
			return value
		}
	}
	return nil
}

// A reader reads answers from a connection.
type reader struct {
	source             io.Reader
	buffer             []byte
	begin, end         int // what is in the buffer and was not read yet
	maxHeader, maxBody int
}

// fill reads more bytes from the connection, behind those that are there.
func (r *reader) fill() error {
	if r.begin == r.end {
		r.begin, r.end = 0, 0
	}
	if r.end == len(r.buffer) {
		larger := r.buffer
		if r.begin == 0 { // full
			larger = make([]byte, 2*len(r.buffer))
		}
		r.end = copy(larger, r.buffer[r.begin:r.end])
		r.begin, r.buffer = 0, larger
	}
	n, err := r.source.Read(r.buffer[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// until returns what comes up to a mark, with it. The result is valid until the next read. It fails
// with tooLong if the mark is not within so many bytes.
func (r *reader) until(mark string, most int, tooLong error) ([]byte, error) {
	for searched := 0; ; {
		found := bytes.Index(r.buffer[r.begin+searched:r.end], []byte(mark))
		if found >= 0 && searched+found+len(mark) <= most {
			text := r.buffer[r.begin : r.begin+searched+found+len(mark)]
			r.begin += len(text)
			return text, nil
		}
		if found >= 0 || r.end-r.begin >= most {
			return nil, tooLong
		}
		searched = max(0, r.end-r.begin-len(mark)+1)
		if err := r.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
}

// unexpected returns the error of an answer that ends too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// maxInformational is how many answers with a status 1xx may come before the answer.
const maxInformational = 5

// answer reads the answer to a request. keep says that another request can be sent over the
// connection.
func (r *reader) answer(request *Request, response *Response) (keep bool, err error) {
	if r.begin == r.end {
		if err := r.fill(); err != nil {
			return false, err
		}
	}
	response.began = true
	for range maxInformational + 1 {
		head, err := r.until("\r\n\r\n", r.maxHeader, errHeader)
		if err != nil {
			return false, err
		}
		status, f, err := parseHead(head[:len(head)-2])
		if err != nil {
			return false, err
		}
		if status/100 == 1 && status != 101 {
			continue
		}
		if status < 200 {
			break
		}
		_, lines := cutLine(head[:len(head)-2])
		response.header, response.Status = append(response.header, lines...), status
		if request.Method == "HEAD" || status == 204 || status == 304 {
			f = framing{length: 0, close: f.close}
		}
		if response.Body, err = r.body(f, request.Discard); err != nil {
			return false, err
		}
		// A server that has sent more than an answer has sent it to no request.
		return !f.close && !f.untilClose() && r.begin == r.end, nil
	}
	return false, errMalformed
}

// body reads a body. If nobody needs it, it returns nil.
func (r *reader) body(f framing, discard bool) (body []byte, err error) {
	switch {
	case f.chunked:
		return r.chunks(discard)
	case f.untilClose():
		for total := 0; err == nil; err = r.fill() {
			if total += r.end - r.begin; total > r.maxBody {
				return nil, errBody
			}
			if body, err = r.take(body, r.end-r.begin, discard); err != nil {
				return nil, err
			}
		}
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		return body, nil
	case f.length > int64(r.maxBody):
		return nil, errBody
	}
	if !discard {
		body = make([]byte, 0, f.length)
	}
	return r.take(body, int(f.length), discard)
}

// take appends the next n bytes to a body, or skips them.
func (r *reader) take(body []byte, n int, discard bool) ([]byte, error) {
	for n > 0 {
		if r.begin == r.end {
			// The rest of a large body goes past the buffer.
			if room := cap(body) - len(body); !discard && room >= n && n > len(r.buffer) {
				got, err := io.ReadFull(r.source, body[len(body):len(body)+n])
				return body[:len(body)+got], unexpected(err)
			}
			if err := r.fill(); err != nil {
				return nil, unexpected(err)
			}
		}
		part := min(n, r.end-r.begin)
		if !discard {
			body = append(body, r.buffer[r.begin:r.begin+part]...)
		}
		r.begin += part
		n -= part
	}
	return body, nil
}

// maxLine is the longest line with the size of a chunk.
const maxLine = 256

// chunks reads a body in chunks, and its trailers, which are dropped.
func (r *reader) chunks(discard bool) (body []byte, err error) {
	if !discard {
		body = []byte{}
	}
	for total := 0; ; {
		line, err := r.until("\r\n", maxLine, errMalformed)
		if err != nil {
			return nil, err
		}
		size, ok := chunkSize(line[:len(line)-2])
		if !ok {
			return nil, errMalformed
		}
		if size == 0 {
			break
		}
		if total += size; total > r.maxBody {
			return nil, errBody
		}
		if !discard {
			body = slices.Grow(body, size)
		}
		if body, err = r.take(body, size, discard); err != nil {
			return nil, err
		}
		if line, err = r.until("\r\n", maxLine, errMalformed); err != nil {
			return nil, err
		}
		if len(line) > 2 {
			return nil, errMalformed
		}
	}
	for left := r.maxHeader; ; {
		line, err := r.until("\r\n", left, errHeader)
		if err != nil {
			return nil, err
		}
		if len(line) == 2 {
			return body, nil
		}
		if _, _, ok := cutField(line[:len(line)-2]); !ok {
			return nil, errMalformed
		}
		left -= len(line)
	}
}

// chunkSize parses the line before a chunk. What comes after a semicolon has no meaning.
func chunkSize(line []byte) (size int, ok bool) {
	digits, _, _ := bytes.Cut(line, []byte{';'})
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 7 || hasControl(line) {
		return 0, false
	}
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		size = size<<4 | int(c)
	}
	return size, true
}

// A framing says where a body ends.
type framing struct {
	length  int64 // -1: not known
	chunked bool
	close   bool // the server closes the connection
}

func (f framing) untilClose() bool { return !f.chunked && f.length < 0 }

// parseHead parses a status line and headers. An answer that two programs could read in two ways is
// refused, such as one with two lengths.
func parseHead(head []byte) (status int, f framing, err error) {
	line, rest := cutLine(head)
	if status, f.close, err = parseStatus(line); err != nil {
		return 0, f, err
	}
	f.length = -1
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		name, value, ok := cutField(line)
		if !ok {
			return 0, f, fmt.Errorf("%w: a header", errMalformed)
		}
		switch len(name) {
		case len("Connection"):
			if strings.EqualFold(string(name), "Connection") && hasToken(value, "close") {
				f.close = true
			}
		case len("Content-Length"):
			if !strings.EqualFold(string(name), "Content-Length") {
				continue
			}
			n, ok := parseLength(value)
			if !ok || f.length >= 0 && f.length != n {
				return 0, f, fmt.Errorf("%w: Content-Length", errMalformed)
			}
			f.length = n
		case len("Transfer-Encoding"):
			if !strings.EqualFold(string(name), "Transfer-Encoding") {
				continue
			}
			if f.chunked || !strings.EqualFold(string(value), "chunked") {
				return 0, f, fmt.Errorf("%w: Transfer-Encoding", errMalformed)
			}
			f.chunked = true
		}
	}
	if f.chunked && (f.length >= 0 || head[len("HTTP/1.")] == '0') {
		return 0, f, fmt.Errorf("%w: Transfer-Encoding and Content-Length", errMalformed)
	}
	return status, f, nil
}

// parseStatus parses a status line, such as "HTTP/1.1 200 OK". A server of HTTP/1.0 closes the
// connection.
func parseStatus(line []byte) (status int, closes bool, err error) {
	const prefix = "HTTP/1."
	if len(line) < len("HTTP/1.1 200") || string(line[:len(prefix)]) != prefix || line[8] != ' ' || (len(line) > 12 && line[12] != ' ') || hasControl(line) {
		return 0, false, fmt.Errorf("%w: the status line", errMalformed)
	}
	minor := line[len(prefix)]
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return 0, false, fmt.Errorf("%w: the status", errMalformed)
		}
		status = 10*status + int(c-'0')
	}
	if minor != '0' && minor != '1' || status < 100 {
		return 0, false, fmt.Errorf("%w: the status line", errMalformed)
	}
	return status, minor == '0', nil
}

// parseLength parses a Content-Length.
func parseLength(value []byte) (n int64, ok bool) {
	if len(value) == 0 || len(value) > 15 {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// cutLine returns the first line of a text, without "\r\n", and what comes after it.
func cutLine(text []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(text, []byte("\r\n"))
	return line, rest
}

// cutField returns the name and the value of a header. A line that continues the one before it is
// none.
func cutField(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte{':'})
	if !ok || len(name) == 0 {
		return nil, nil, false
	}
	for _, c := range name {
		if !isToken(c) {
			return nil, nil, false
		}
	}
	if hasControl(value) {
		return nil, nil, false
	}
	return name, bytes.Trim(value, " \t"), true
}

// hasControl reports whether a text has a control character. Another program might see the end of a
// line there.
func hasControl(text []byte) bool {
	for _, c := range text {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// isToken reports whether the name of a header may have a character (RFC 9110 §5.6.2).
func isToken(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// hasToken reports whether a list, separated by commas, has a word.
func hasToken(list []byte, word string) bool {
	for len(list) > 0 {
		var one []byte
		one, list, _ = bytes.Cut(list, []byte{','})
		if strings.EqualFold(string(bytes.Trim(one, " \t")), word) {
			return true
		}
	}
	return false
}
