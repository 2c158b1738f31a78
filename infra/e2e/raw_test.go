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
	"testing"
	"time"
)

// raw is a WebSocket client that does what it is told, right or wrong.
type raw struct {
	net.Conn
	in *bufio.Reader
}

// The kinds of frames.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
	final      = 0x80
)

// host is the part of an address that is dialled.
func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// wire opens a TCP connection. All of a test on it has to be done in time.
func wire(t *testing.T, address string) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", host(t, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := &raw{Conn: conn, in: bufio.NewReader(conn)}
	r.again(t)
	return r
}

// again gives what follows on the connection its time.
func (r *raw) again(t *testing.T) {
	t.Helper()
	if err := r.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

// handshake is the text of an upgrade request of a device.
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

// rawDevice opens a WebSocket by hand.
func (a *app) rawDevice(t *testing.T, user, instance string) *raw {
	t.Helper()
	d := a.newDevice(user, "Web", instance)
	r := wire(t, a.socket)
	r.put(t, []byte(handshake(t, d)))
	r.upgraded(t)
	return r
}

// upgraded reads the answer to a handshake.
func (r *raw) upgraded(t *testing.T) {
	t.Helper()
	response, err := http.ReadResponse(r.in, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: got %+v, %v", response, err)
	}
}

func (r *raw) put(t *testing.T, b []byte) {
	t.Helper()
	if _, err := r.Write(b); err != nil {
		t.Fatal(err)
	}
}

// slowly writes byte by byte, each in a packet of its own.
func (r *raw) slowly(t *testing.T, b []byte) {
	t.Helper()
	for i := range b {
		r.put(t, b[i:i+1])
	}
}

// build makes a masked frame as a client has to send it.
func build(head byte, payload []byte) []byte {
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

// get reads one frame of the server.
func (r *raw) get() (op byte, payload []byte, err error) {
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

// answer reads frames until one is an answer.
func (r *raw) answer(t *testing.T) frame {
	t.Helper()
	for {
		op, text, err := r.get()
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		if op == opClose {
			t.Fatalf("closed instead of an answer: %q", text)
		}
		f := frame{raw: string(text)}
		if op == opText && json.Unmarshal(text, &f) == nil && (f.Code != nil || f.Gate != "") {
			return f
		}
	}
}

// closed reads until the connection ends and returns the code of the close
// frame, 0 for an end without one.
func (r *raw) closed(t *testing.T) int {
	t.Helper()
	code := 0
	for {
		op, payload, err := r.get()
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

// exchange sends a request as it is and reads the status and body of the answer,
// status 0 for an end without one.
func exchange(t *testing.T, address, request string) (int, string) {
	t.Helper()
	r := wire(t, address)
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
