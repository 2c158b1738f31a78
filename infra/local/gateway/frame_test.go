package gateway

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

// A rawClient sends single frames, so that a test can break any rule.
type rawClient struct {
	*testing.T
	net.Conn
	in       *bufio.Reader
	protocol string // what the gateway selected
}

// raw opens a connection. It sends extra in the same write as the handshake.
func (w *world) raw(extra ...byte) *rawClient {
	w.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.socket.URL, "http://"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	r := &rawClient{T: w.T, Conn: c, in: bufio.NewReader(c)}
	fmt.Fprintf(c, "GET /dev HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n%s", extra)
	res, err := http.ReadResponse(r.in, nil)
	if err != nil {
		w.Fatal(err)
	}
	if res.StatusCode != 101 {
		w.Fatalf("got %d, want 101", res.StatusCode)
	}
	if got, want := res.Header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		w.Fatalf("accept: got %s, want %s", got, want)
	}
	r.protocol = res.Header.Get("Sec-WebSocket-Protocol")
	return r
}

func frame(op ws.OpCode, fin bool, payload string) []byte {
	f := ws.MaskFrame(ws.NewFrame(op, fin, []byte(payload)))
	b, err := ws.CompileFrame(f)
	if err != nil {
		panic(err)
	}
	return b
}

// header returns the header of a masked frame, without the payload.
func header(op ws.OpCode, fin bool, length int64) []byte {
	var b bytes.Buffer
	if err := ws.WriteHeader(&b, ws.Header{Fin: fin, OpCode: op, Masked: true, Length: length}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (r *rawClient) frame() ws.Frame {
	r.Helper()
	f, err := ws.ReadFrame(r.in) //nolint:staticcheck // the server is our own gateway
	if err != nil {
		r.Fatalf("read: %v", err)
	}
	if f.Header.Masked {
		r.Error("a frame of the server is masked")
	}
	return f
}

// closeCode reads the close frame and the end of the connection, and returns the code.
func (r *rawClient) closeCode() int {
	r.Helper()
	f := r.frame()
	if f.Header.OpCode != ws.OpClose {
		r.Fatalf("got a frame %x %.40q, want a close frame", f.Header.OpCode, f.Payload)
	}
	if rest, err := io.ReadAll(r.in); err != nil || len(rest) > 0 {
		r.Errorf("after the close frame: got %q %v, want the end", rest, err)
	}
	r.Close() // as clients do; the gateway waits for it up to closeTimeout
	if len(f.Payload) == 0 {
		return 1005
	}
	code, _ := ws.ParseCloseFrameData(f.Payload)
	return int(code)
}

func TestFramesOfClients(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	join := func(all ...[]byte) []byte { return bytes.Join(all, nil) }
	fragment := frame(ws.OpContinuation, false, text(MaxFrame))
	for _, test := range []struct {
		name string
		send []byte
		want int // close code; 0 means that the message is echoed
		echo string
	}{
		{"accepts a frame of 32 KB", frame(ws.OpText, true, text(MaxFrame)), 0, text(MaxFrame)},
		{"rejects a frame over 32 KB", frame(ws.OpText, true, text(MaxFrame+1)), 1009, ""},
		{"rejects a frame over 32 KB before it reads the payload", header(ws.OpText, true, 1<<40), 1009, ""},
		{"rejects a later fragment over 32 KB", join(frame(ws.OpText, false, "a"), frame(ws.OpContinuation, true, text(MaxFrame+1))), 1009, ""},
		{"accepts a message of 128 KB", join(frame(ws.OpText, false, text(MaxFrame)), fragment, fragment, frame(ws.OpContinuation, true, text(MaxFrame))), 0, text(MaxMessage)},
		{"rejects a message over 128 KB", join(frame(ws.OpText, false, text(MaxFrame)), fragment, fragment, fragment, frame(ws.OpContinuation, true, "x")), 1009, ""},
		{"joins fragments", join(frame(ws.OpText, false, "a"), frame(ws.OpContinuation, false, ""), frame(ws.OpContinuation, true, "b")), 0, "ab"},
		{"joins a character that is split between fragments", join(frame(ws.OpText, false, "\xc3"), frame(ws.OpContinuation, true, "\xbc")), 0, "ü"},
		{"rejects a binary frame", frame(ws.OpBinary, true, "x"), 1003, ""},
		{"rejects text that is not UTF-8", frame(ws.OpText, true, "\xff"), 1007, ""},
		{"rejects half a character", frame(ws.OpText, true, "\xc3"), 1007, ""},
		{"rejects a frame that is not masked", ws.MustCompileFrame(ws.NewTextFrame([]byte("x"))), 1002, ""},
		{"rejects a reserved bit", append([]byte{0xc1}, frame(ws.OpText, true, "x")[1:]...), 1002, ""},
		{"rejects a reserved op code", append([]byte{0x83}, frame(ws.OpText, true, "x")[1:]...), 1002, ""},
		{"rejects a length with the highest bit set", []byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1002, ""},
		{"rejects a continuation without a first fragment", frame(ws.OpContinuation, true, "x"), 1002, ""},
		{"rejects a new text within a fragmented text", join(frame(ws.OpText, false, "x"), frame(ws.OpText, true, "y")), 1002, ""},
		{"rejects a fragmented ping", frame(ws.OpPing, false, "x"), 1002, ""},
		{"rejects a ping over 125 bytes", frame(ws.OpPing, true, text(126)), 1002, ""},
		{"answers a close frame with its status", frame(ws.OpClose, true, "\x03\xe8bye"), 1000, ""},
		{"answers a close frame without a status", frame(ws.OpClose, true, ""), 1005, ""},
		{"rejects a close frame of one byte", frame(ws.OpClose, true, "\x03"), 1002, ""},
		{"rejects a close frame with status 1005", frame(ws.OpClose, true, "\x03\xed"), 1002, ""},
		{"rejects a close frame whose reason is not UTF-8", frame(ws.OpClose, true, "\x03\xe8\xff"), 1002, ""},
		{"accepts an empty text", frame(ws.OpText, true, ""), 0, "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, Options{}, map[string]function{"$disconnect": ok, "$default": func(_ context.Context, e map[string]any) (any, error) {
				body, _ := e["body"].(string)
				if body == "" {
					body = "empty"
				}
				return map[string]any{"statusCode": 200, "body": body}, nil
			}})
			r := w.raw()
			if _, err := r.Write(test.send); err != nil {
				t.Fatal(err)
			}
			if test.want != 0 {
				if got := r.closeCode(); got != test.want {
					t.Errorf("got close code %d, want %d", got, test.want)
				}
				// $disconnect reports the code that was sent to the client.
				if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != fmt.Sprint(test.want) {
					t.Errorf("disconnectStatusCode: got %s, want %d", got, test.want)
				}
				return
			}
			var got []byte
			for {
				f := r.frame()
				if len(f.Payload) > MaxFrame {
					t.Errorf("a frame of %d bytes came back", len(f.Payload))
				}
				got = append(got, f.Payload...)
				if f.Header.Fin {
					break
				}
			}
			if string(got) != test.echo {
				t.Errorf("got %d bytes, want %d", len(got), len(test.echo))
			}
		})
	}
}

func TestPingIsAnswered(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$default": echo})
	r := w.raw()
	// The ping comes between the fragments of a message, and with an unsolicited pong.
	r.Write(frame(ws.OpText, false, "a"))
	r.Write(frame(ws.OpPing, true, "hello"))
	r.Write(frame(ws.OpPong, true, "ignored"))
	if f := r.frame(); f.Header.OpCode != ws.OpPong || string(f.Payload) != "hello" {
		t.Errorf("got %x %q, want a pong with hello", f.Header.OpCode, f.Payload)
	}
	r.Write(frame(ws.OpContinuation, true, "b"))
	if f := r.frame(); f.Header.OpCode != ws.OpText || string(f.Payload) != "ab" {
		t.Errorf("got %x %q, want ab", f.Header.OpCode, f.Payload)
	}
}

func TestFramesMayArriveByteByByte(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$default": echo})
	r := w.raw()
	want := strings.Repeat("slow ", 40)
	for _, b := range append(frame(ws.OpText, false, want), frame(ws.OpContinuation, true, "end")...) {
		if _, err := r.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if f := r.frame(); string(f.Payload) != want+"end" {
		t.Errorf("got %q, want %q", f.Payload, want+"end")
	}
}

func TestFrameMayFollowTheHandshakeAtOnce(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$default": echo})
	// The frame is in the same packet as the handshake.
	r := w.raw(frame(ws.OpText, true, "early")...)
	if f := r.frame(); string(f.Payload) != "early" {
		t.Errorf("got %q, want early", f.Payload)
	}
}

func TestClientThatStopsSendingIsDisconnected(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$disconnect": ok})
	// A client that closes its sending side has disconnected.
	r := w.raw()
	r.Conn.(*net.TCPConn).CloseWrite()
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1006" {
		t.Errorf("closed half: got %s, want 1006", got)
	}
	// A client that stops in the middle of a frame is disconnected when it is idle for
	// too long, although it never answers the close frame.
	w = newWorld(t, Options{Idle: 100 * time.Millisecond}, map[string]function{"$disconnect": ok})
	r = w.raw()
	r.Write(frame(ws.OpText, true, "never whole")[:5])
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1001" {
		t.Errorf("half a frame: got %s, want 1001", got)
	}
	if got := w.gateway.Counters().Open; got != 0 {
		t.Errorf("open: got %d, want 0", got)
	}
}

func TestMessageAfterAViolationIsIgnored(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$disconnect": ok, "$default": echo})
	r := w.raw()
	r.Write(append(frame(ws.OpBinary, true, "x"), frame(ws.OpText, true, "late")...))
	if got := r.closeCode(); got != 1003 {
		t.Errorf("got close code %d, want 1003", got)
	}
	w.event("$disconnect")
	if n := len(w.events["$default"]); n != 0 {
		t.Errorf("%d messages were handled after the close", n)
	}
}

func TestClientLibraryReceivesTheCloseCode(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$default": echo})
	c := w.dial(nil)
	c.Write(w.context(), websocket.MessageBinary, []byte("x"))
	if got := w.closed(c); got != websocket.StatusUnsupportedData {
		t.Errorf("binary: got %d, want 1003", got)
	}
	c = w.dial(nil)
	c.Write(w.context(), websocket.MessageText, bytes.Repeat([]byte("x"), MaxMessage))
	if got := w.closed(c); got != websocket.StatusMessageTooBig {
		t.Errorf("large frame: got %d, want 1009", got)
	}
}

func FuzzFrames(f *testing.F) {
	for _, seed := range [][]byte{
		frame(ws.OpText, true, "hello"), frame(ws.OpPing, true, "x"), frame(ws.OpClose, true, "\x03\xe8bye"),
		append(frame(ws.OpText, false, "a"), frame(ws.OpContinuation, true, "b")...),
		frame(ws.OpBinary, true, "x"), header(ws.OpText, true, 1<<40), {0x81, 0xff}, {0x88, 0x81, 0, 0, 0, 0, 1},
		frame(ws.OpText, true, "\xff"), frame(ws.OpText, true, strings.Repeat("x", 200)),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		read := func(source io.Reader) (texts []string, last error) {
			r := newFrameReader(bufio.NewReaderSize(source, readBuffer))
			for {
				m, err := r.next()
				if err != nil {
					return texts, err
				}
				if len(m.payload) > MaxMessage || m.op.IsControl() && len(m.payload) > 125 {
					t.Fatalf("op %x with %d bytes", m.op, len(m.payload))
				}
				if m.op == ws.OpText && !utf8.Valid(m.payload) {
					t.Fatalf("text is not UTF-8: %q", m.payload)
				}
				if m.op == ws.OpClose {
					if b := closeFrame(m.close); len(b) > 127 {
						t.Fatalf("close frame of %d bytes", len(b))
					}
				}
				texts = append(texts, fmt.Sprintf("%x %s", m.op, m.payload))
			}
		}
		texts, err := read(bytes.NewReader(input))
		slow, slowErr := read(iotest.OneByteReader(bytes.NewReader(input)))
		if fmt.Sprint(texts, err) != fmt.Sprint(slow, slowErr) {
			t.Fatalf("byte by byte: got %q %v, at once %q %v", slow, slowErr, texts, err)
		}
	})
}
