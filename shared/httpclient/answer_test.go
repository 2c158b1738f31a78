package httpclient

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// newReader returns a reader of an answer, with small limits.
func newReader(source io.Reader) *reader {
	return &reader{source: source, buffer: make([]byte, 64), maxHeader: 1 << 10, maxBody: 4 << 10}
}

// read reads an answer to a GET.
func read(source io.Reader, discard bool) (response Response, keep bool, err error) {
	keep, err = newReader(source).answer(&Request{Method: "GET", Discard: discard}, &response)
	return response, keep, err
}

// TestAnswers reads answers of every framing, in one piece and byte by byte.
func TestAnswers(t *testing.T) {
	large := strings.Repeat("0123456789", 400)
	for _, c := range []struct {
		name, answer string
		status       int
		body         string
		keep         bool
	}{
		{"a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}", true},
		{"a length of nothing", "HTTP/1.1 400 Bad Request\r\ncontent-length:0\r\n\r\n", 400, "", true},
		{"a large body", "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + large, 200, large, true},
		{"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 200, "{}", true},
		{"no reason", "HTTP/1.1 204 \r\n\r\n", 204, "", true},
		{"no reason and no space", "HTTP/1.1 204\r\n\r\n", 204, "", true},
		{"a status without a body ignores a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "", true},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", 200, "abcd", true},
		{"chunks with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00a \r\n0123456789\r\n0\r\nX: y\r\n\r\n", 200, "0123456789", true},
		{"a large chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFA0\r\n" + large + "\r\n0\r\n\r\n", 200, large, true},
		{"up to the end of the connection", "HTTP/1.1 200 OK\r\n\r\n" + large, 200, large, false},
		{"the server closes", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 1\r\n\r\na", 200, "a", false},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a", false},
		{"more than an answer", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", 200, "a", false},
		{"informational answers before it", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a", true},
	} {
		for _, source := range []io.Reader{strings.NewReader(c.answer), iotest.OneByteReader(strings.NewReader(c.answer)), iotest.DataErrReader(strings.NewReader(c.answer))} {
			response, keep, err := read(source, false)
			if err != nil || response.Status != c.status || string(response.Body) != c.body {
				t.Errorf("%s: got %d, %q, %v, want %d, %q", c.name, response.Status, response.Body, err, c.status, c.body)
			}
			if _, byByte := source.(*strings.Reader); byByte && keep != c.keep {
				t.Errorf("%s: the connection can be used again: got %t, want %t", c.name, keep, c.keep)
			}
		}
		response, _, err := read(strings.NewReader(c.answer), true)
		if err != nil || response.Status != c.status || response.Body != nil {
			t.Errorf("%s: a body that nobody needs: got %d, %q, %v, want %d", c.name, response.Status, response.Body, err, c.status)
		}
		if c.name == "up to the end of the connection" || c.name == "more than an answer" {
			continue
		}
		for end := range len(c.answer) {
			if response, _, err := read(strings.NewReader(c.answer[:end]), false); err == nil {
				t.Errorf("%s: %q: got %d and %q, want an error", c.name, c.answer[:end], response.Status, response.Body)
			}
		}
	}
}

// TestRefusedAnswers: an answer that is no HTTP, that two programs could read in two ways, or that
// is too large, is an error.
func TestRefusedAnswers(t *testing.T) {
	long, kilo := strings.Repeat("x", 900), strings.Repeat("x", 1<<10)
	const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for answer, want := range map[string]error{
		"220 mail.example ESMTP\r\n\r\n":                                        errMalformed,
		"HTTP/2.0 200 OK\r\n\r\n":                                               errMalformed,
		"HTTP/1.2 200 OK\r\n\r\n":                                               errMalformed,
		"HTTP/1.1 20 OK\r\n\r\n":                                                errMalformed,
		"HTTP/1.1 2000 OK\r\n\r\n":                                              errMalformed,
		"HTTP/1.1 099 OK\r\n\r\n":                                               errMalformed,
		"HTTP/1.1  200 OK\r\n\r\n":                                              errMalformed,
		"HTTP/1.1 -20 OK\r\n\r\n":                                               errMalformed,
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                              errMalformed,
		ok + "Content-Length 2\r\n\r\n{}":                                       errMalformed,
		ok + " Content-Length: 2\r\n\r\n{}":                                     errMalformed,
		ok + "X: y\r\n z\r\nContent-Length: 0\r\n\r\n":                          errMalformed,
		ok + "Content-Length : 2\r\n\r\n{}":                                     errMalformed,
		ok + "X\x00: y\r\n\r\n":                                                 errMalformed,
		ok + "X: \x00\r\n\r\n":                                                  errMalformed,
		ok + "X: a\nContent-Length: 0\r\n\r\n":                                  errMalformed,
		ok + "Content-Length: +2\r\n\r\n{}":                                     errMalformed,
		ok + "Content-Length: 2, 2\r\n\r\n{}":                                   errMalformed,
		ok + "Content-Length: \r\n\r\n":                                         errMalformed,
		ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}":                 errMalformed,
		ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": errMalformed,
		ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n":                errMalformed,
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":        errMalformed,
		ok + "Content-Length: 4097\r\n\r\n":                                     errBody,
		ok + "Content-Length: 999999999999999\r\n\r\n":                          errBody,
		ok + "\r\n" + strings.Repeat(kilo, 5):                                   errBody,
		ok + "X: " + kilo + "\r\n\r\n":                                          errHeader,
		ok + "X: " + strings.Repeat(kilo, 3):                                    errHeader,
		chunked + "x\r\n":                                                       errMalformed,
		chunked + "-1\r\n":                                                      errMalformed,
		chunked + "\r\n":                                                        errMalformed,
		chunked + "12345678\r\n":                                                errMalformed,
		chunked + "1" + kilo + "\r\n":                                           errMalformed,
		chunked + "1\r\nab\r\n":                                                 errMalformed,
		chunked + "1001\r\n":                                                    errBody,
		chunked + "0\r\nX: " + kilo + "\r\n\r\n":                                errHeader,
		chunked + "0\r\nX: " + long + "\r\nY: " + long:                          errHeader,
		chunked + "0\r\nX\r\n\r\n":                                              errMalformed,
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10):                     errMalformed,
	} {
		for _, discard := range []bool{false, true} {
			if response, _, err := read(strings.NewReader(answer), discard); !errors.Is(err, want) {
				t.Errorf("%.90q: got %d, %v, want %v", answer, response.Status, err, want)
			}
		}
	}
}

// TestHeadersOfAnAnswer: Get finds a header in any case, and the first one of a name.
func TestHeadersOfAnAnswer(t *testing.T) {
	response, _, err := read(strings.NewReader("HTTP/1.1 200 OK\r\nX-Amzn-RequestId:  one \r\nx-amzn-requestid: two\r\nEmpty:\r\nContent-Length: 0\r\n\r\n"), false)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"X-Amzn-Requestid": "one", "empty": "", "X": "", "content-length": "0"} {
		if got := response.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// FuzzAnswer: what this package reads, net/http reads in the same way, however the answer is cut
// into reads.
func FuzzAnswer(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a\r\nabc\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.0 404 Not Found\r\nX: y\r\n\r\nrest", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "",
	} {
		f.Add([]byte(answer), uint8(1))
		f.Add([]byte(answer), uint8(255))
	}
	f.Fuzz(func(t *testing.T, answer []byte, piece uint8) {
		response, _, err := read(&pieces{answer, int(piece)}, false)
		whole, _, wholeErr := read(bytes.NewReader(answer), false)
		if (err == nil) != (wholeErr == nil) || response.Status != whole.Status || !bytes.Equal(response.Body, whole.Body) {
			t.Fatalf("in pieces of %d: %d, %q, %v; in one: %d, %q, %v", piece, response.Status, response.Body, err, whole.Status, whole.Body, wholeErr)
		}
		if err != nil {
			return
		}
		in := bufio.NewReader(bytes.NewReader(answer))
		for {
			want, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("%q: got %d, net/http %v", answer, response.Status, err)
			}
			body, err := io.ReadAll(want.Body)
			if want.StatusCode/100 == 1 {
				continue
			}
			if err != nil || want.StatusCode != response.Status || !bytes.Equal(body, response.Body) {
				t.Fatalf("%q: got %d and %q, net/http %d, %q, %v", answer, response.Status, response.Body, want.StatusCode, body, err)
			}
			return
		}
	})
}

// pieces is a Reader that returns a text in pieces of a length.
type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), max(1, p.size))], p.text)
	p.text = p.text[n:]
	return n, nil
}
