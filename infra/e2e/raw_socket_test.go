package e2e

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// rawSocket is a TCP connection on which a test writes WebSocket frames byte by byte,
// valid or not.
type rawSocket struct {
	net.Conn
	in *bufio.Reader
}

// The opcodes of frames, and the bit of the last frame of a message.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
	final      = 0x80
)

// host is the host and the port of a URL.
func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// dialTCP opens a TCP connection, which can be used for maxWait.
func dialTCP(t *testing.T, address string) *rawSocket {
	t.Helper()
	conn, err := net.Dial("tcp", host(t, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := &rawSocket{Conn: conn, in: bufio.NewReader(conn)}
	r.extendDeadline(t)
	return r
}

// extendDeadline allows the connection to be used for another maxWait.
func (r *rawSocket) extendDeadline(t *testing.T) {
	t.Helper()
	if err := r.SetDeadline(time.Now().Add(maxWait)); err != nil {
		t.Fatal(err)
	}
}

// handshake is the HTTP request by which a device opens a WebSocket.
func handshake(t *testing.T, d *device) string {
	t.Helper()
	u, err := url.Parse(d.url())
	if err != nil {
		t.Fatal(err)
	}
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef"))
	return "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Protocol: im.v1, " + d.app.sign(d.user) + "\r\n\r\n"
}

// openRaw opens a WebSocket for a device of the user.
func (a *app) openRaw(t *testing.T, user, instance string) *rawSocket {
	t.Helper()
	d := a.newDevice(user, "Web", instance)
	r := dialTCP(t, a.socket)
	r.writeBytes(t, []byte(handshake(t, d)))
	r.upgraded(t)
	return r
}

// openMany opens a WebSocket for each of so many devices, 16 at a time. One that could not be opened
// is nil, and the test has failed.
func (a *app) openMany(t *testing.T, n int, deviceOf func(i int) *device) []*rawSocket {
	t.Helper()
	open, work := make([]*rawSocket, n), make(chan int)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for i := range work {
				r := dialTCP(t, a.socket)
				if _, err := r.Write([]byte(handshake(t, deviceOf(i)))); err != nil {
					t.Error(err)
					continue
				}
				response, err := http.ReadResponse(r.in, nil)
				if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
					t.Errorf("socket %d: got %+v, %v", i, response, err)
					continue
				}
				open[i] = r
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wait.Wait()
	return open
}

// upgraded reads the answer to a handshake and fails the test if it is a refusal.
func (r *rawSocket) upgraded(t *testing.T) {
	t.Helper()
	response, err := http.ReadResponse(r.in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: got %+v, %v", response, err)
	}
}

func (r *rawSocket) writeBytes(t *testing.T, b []byte) {
	t.Helper()
	if _, err := r.Write(b); err != nil {
		t.Fatal(err)
	}
}

// writeByteByByte writes each byte in a TCP packet of its own.
func (r *rawSocket) writeByteByByte(t *testing.T, b []byte) {
	t.Helper()
	for i := range b {
		r.writeBytes(t, b[i:i+1])
	}
}

// maskedFrame encodes a frame with a mask, as a client must send it.
func maskedFrame(head byte, payload []byte) []byte {
	b := []byte{head}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// readFrame reads one frame from the server.
func (r *rawSocket) readFrame() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		if _, err = io.ReadFull(r.in, b[:]); err == nil {
			n = uint64(binary.BigEndian.Uint16(b[:]))
		}
	case 127:
		var b [8]byte
		if _, err = io.ReadFull(r.in, b[:]); err == nil {
			n = binary.BigEndian.Uint64(b[:])
		}
	}
	if err != nil || n > 1<<20 {
		return 0, nil, errors.Join(err, fmt.Errorf("a frame of %d bytes", n))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r.in, payload)
	return head[0] & 0xF, payload, err
}

// answer reads frames until it finds an answer.
func (r *rawSocket) answer(t *testing.T) frame {
	t.Helper()
	for {
		op, text, err := r.readFrame()
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		if op == opClose {
			t.Fatalf("closed instead of an answer: %q", text)
		}
		f := frame{raw: string(text)}
		if op == opText && json.Unmarshal(text, &f) == nil && (f.Code != nil || f.GatewayError != "") {
			return f
		}
	}
}

// closeCode reads until the connection ends and returns the code of the close frame, or
// 0 if there was no close frame.
func (r *rawSocket) closeCode(t *testing.T) int {
	t.Helper()
	code := 0
	for {
		op, payload, err := r.readFrame()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatal("the connection is still open")
		}
		if err != nil {
			return code
		}
		if op == opClose && len(payload) >= 2 {
			code = int(binary.BigEndian.Uint16(payload))
		}
	}
}

// exchange sends the bytes of a request and returns the status and the body of the
// answer. If the connection ends without an answer, the status is 0.
func exchange(t *testing.T, address, request string) (int, string) {
	t.Helper()
	r := dialTCP(t, address)
	if _, err := r.Write([]byte(request)); err != nil && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(r.in, nil)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return response.StatusCode, err.Error()
	}
	return response.StatusCode, string(body)
}
