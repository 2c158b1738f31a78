package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// liveness checks that the server still works after an attack: a message that is sent
// over HTTP reaches a connection that was open all the time.
type liveness struct {
	*app
	witness *device
	n       int
}

func newLiveness(t *testing.T) *liveness {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob", "eve")
	return &liveness{app: a, witness: a.device(t, "bob", "iPhone", "witness")}
}

// checkServing sends a message to the witness and fails the test if it does not arrive.
func (s *liveness) checkServing(t *testing.T, after string) {
	t.Helper()
	s.n++
	words := fmt.Sprintf("still there %d", s.n)
	if err := s.call(deadline(t), "alice", "", "message.send", fields{"To_Account": "bob", "MsgSeq": 1 + s.n, "MsgRandom": 1, "MsgBody": text(words)}, nil); err != nil {
		t.Fatalf("after %s: %v", after, err)
	}
	eventually(t, "after "+after+": the message arrives", func() bool { return count(s.witness.inbox.texts("alice"), words) == 1 })
	if err := s.witness.call(deadline(t), "session.sync", fields{}, nil); err != nil {
		t.Fatalf("after %s: %v", after, err)
	}
}

// textForBodySize is a text for a message with one element whose body has exactly n bytes,
// as the limit of the size counts them.
func textForBodySize(n int) string {
	overhead := len(`{"MsgBody":[],"CloudCustomData":""}`) + len("TIMTextElem") + len(`{"Text":""}`) + len(`{"MsgType":"","MsgContent":},`)
	return strings.Repeat("x", n-overhead)
}

// TestHostileFrames sends frames that break the WebSocket protocol or a limit of API
// Gateway. The server closes that connection, and no other, with the right code.
func TestHostileFrames(t *testing.T) {
	s := newLiveness(t)
	action := []byte(`{"action":"session.sync","id":"1","body":{}}`)
	for i, c := range []struct {
		name string
		send []byte
		code int
	}{
		{"a frame over 32 KB", maskedFrame(final|opText, bytes.Repeat([]byte(" "), 32<<10+1)), 1009},
		{"a frame that claims 1 GB", []byte{final | opText, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4}, 1009},
		{"a length with the highest bit set", []byte{final | opText, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4}, 1002},
		{"a message over 128 KB in fragments", fragments(129, 1<<10), 1009},
		{"a binary frame", maskedFrame(final|opBinary, action), 1003},
		{"invalid UTF-8", maskedFrame(final|opText, []byte("{\"action\":\"\xff\xfe\"}")), 1007},
		{"half a UTF-8 sequence", maskedFrame(final|opText, []byte("{\"action\":\"p\",\"x\":\"\xe2\x82\"}")), 1007},
		{"a frame without a mask", append([]byte{final | opText, byte(len(action))}, action...), 1002},
		{"a frame with a reserved bit", maskedFrame(final|0x40|opText, action), 1002},
		{"an unknown opcode", maskedFrame(final|0x3, action), 1002},
		{"a control frame in fragments", maskedFrame(opPing, nil), 1002},
		{"a control frame of 126 bytes", maskedFrame(final|opPing, make([]byte, 126)), 1002},
		{"a continuation frame without a first frame", maskedFrame(final|opContinue, action), 1002},
		{"a text frame before the last fragment of another one", append(maskedFrame(opText, action[:5]), maskedFrame(final|opText, action[5:])...), 1002},
		{"a close frame with one byte of payload", maskedFrame(final|opClose, []byte{3}), 1002},
		{"a close frame with the reserved code 1005", maskedFrame(final|opClose, []byte{0x03, 0xED}), 1002},
		{"a close frame with the code 1000", maskedFrame(final|opClose, []byte{0x03, 0xE8}), 1000},
	} {
		r := s.openRaw(t, "eve", fmt.Sprintf("frames%d", i))
		r.writeBytes(t, c.send)
		if got := r.closeCode(t); got != c.code {
			t.Errorf("%s: closed with %d, want %d", c.name, got, c.code)
		}
	}
	s.checkServing(t, "broken frames")
}

// fragments is a message of n frames.
func fragments(n, size int) []byte {
	var b []byte
	for i := range n {
		head := byte(opContinue)
		if i == 0 {
			head = opText
		}
		if i == n-1 {
			head |= final
		}
		b = append(b, maskedFrame(head, bytes.Repeat([]byte(" "), size))...)
	}
	return b
}

// TestOddFrames sends frames that are unusual but valid. They are answered, and the
// connection stays open.
func TestOddFrames(t *testing.T) {
	s := newLiveness(t)
	r := s.openRaw(t, "eve", "odd")
	ask := `{"action":"session.sync","id":"ID","body":{}}`
	for i, c := range []struct {
		name string
		send func(text []byte)
	}{
		{"one frame", func(text []byte) { r.writeBytes(t, maskedFrame(final|opText, text)) }},
		{"byte by byte", func(text []byte) { r.writeByteByByte(t, maskedFrame(final|opText, text)) }},
		{"two fragments", func(text []byte) {
			r.writeBytes(t, append(maskedFrame(opText, text[:9]), maskedFrame(final|opContinue, text[9:])...))
		}},
		{"a fragment for each byte, with pings between them", func(text []byte) {
			for j := range text {
				head := byte(opContinue)
				if j == 0 {
					head = opText
				}
				if j == len(text)-1 {
					head |= final
				}
				r.writeBytes(t, maskedFrame(head, text[j:j+1]))
				if j%10 == 0 && j < len(text)-1 {
					r.writeBytes(t, maskedFrame(final|opPing, []byte("?")))
				}
			}
		}},
		{"empty fragments", func(text []byte) {
			r.writeBytes(t, append(append(maskedFrame(opText, nil), maskedFrame(opContinue, text)...), maskedFrame(final|opContinue, nil)...))
		}},
		{"a UTF-8 sequence split into two fragments", func(text []byte) {
			whole := bytes.Replace(text, []byte(`"body"`), []byte(`"€":1,"body"`), 1)
			cut := bytes.Index(whole, []byte("€")) + 1
			r.writeBytes(t, append(maskedFrame(opText, whole[:cut]), maskedFrame(final|opContinue, whole[cut:])...))
		}},
		{"a pong without a ping", func(text []byte) {
			r.writeBytes(t, append(maskedFrame(final|opPong, []byte("!")), maskedFrame(final|opText, text)...))
		}},
		{"three frames in one packet", func(text []byte) {
			p := maskedFrame(final|opText, []byte(`{"action":"p"}`))
			r.writeBytes(t, append(append(p, p...), maskedFrame(final|opText, text)...))
		}},
		{"a frame of exactly 32 KB", func(text []byte) {
			r.writeBytes(t, maskedFrame(final|opText, append(bytes.Repeat([]byte(" "), 32<<10-len(text)), text...)))
		}},
	} {
		id := fmt.Sprint(i)
		c.send([]byte(strings.Replace(ask, "ID", id, 1)))
		if f := r.answer(t); f.Code == nil || *f.Code != 0 || f.ID != id {
			t.Errorf("%s: got %s, want an answer", c.name, f.raw)
		}
	}
	// A handshake byte by byte opens a connection, and half a handshake does no harm.
	d := s.newDevice("eve", "Web", "slow")
	slow := dialTCP(t, s.socket)
	text := handshake(t, d)
	slow.writeByteByByte(t, []byte(text[:len(text)/2]))
	half := dialTCP(t, s.socket)
	half.writeBytes(t, []byte(text[:len(text)/2]))
	half.Close()
	slow.writeByteByByte(t, []byte(text[len(text)/2:]))
	slow.upgraded(t)
	slow.writeBytes(t, maskedFrame(final|opText, []byte(strings.Replace(ask, "ID", "s", 1))))
	if f := slow.answer(t); f.Code == nil || *f.Code != 0 {
		t.Errorf("after a slow handshake: got %s", f.raw)
	}
	s.checkServing(t, "odd frames")
}

// TestHostileBodies sends bodies that are too large, too deep or of the wrong type. They
// are refused with a code, the connection stays open, and no other user is affected.
func TestHostileBodies(t *testing.T) {
	s := newLiveness(t)
	eve := s.device(t, "eve", "Web", "bodies")
	message := func(change string) string {
		return `{"To_Account":"bob","MsgSeq":1,"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]` + change + `}`
	}
	body := func(elements string) string {
		return `{"To_Account":"bob","MsgSeq":1,"MsgRandom":1,"MsgBody":` + elements + `}`
	}
	one := `{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}`
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	large := func(n int) string {
		return body(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + textForBodySize(n) + `"}}]`)
	}
	for _, c := range []struct {
		name, body string
		codes      []int  // the codes that are allowed
		only       string // "http": do not send it over the WebSocket
	}{
		{"12 KB", large(12 << 10), []int{0}, ""},
		{"12 KB and 1 byte", large(12<<10 + 1), []int{93000}, ""},
		{"20 KB", large(20 << 10), []int{93000}, ""},
		{"1 MB", large(1 << 20), []int{93000}, "http"},
		{"10,000 elements", body("[" + strings.Repeat(one+",", 9999) + one + "]"), []int{93000}, "http"},
		{"500 elements", body("[" + strings.Repeat(one+",", 499) + one + "]"), []int{93000}, ""},
		{"deep lists", body(deep), []int{90007, 90010, 90001}, ""},
		{"deep lists in an unknown field", message(`,"Foo":` + deep), []int{0, 90001}, ""},
		{"lists deeper than the limit of the decoder", body(strings.Repeat("[", 200_000)), []int{90001, 90007}, "http"},
		{"deep objects in MsgContent", body(`[{"MsgType":"TIMCustomElem","MsgContent":` + strings.Repeat(`{"a":`, 4000) + "1" + strings.Repeat("}", 4000) + `}]`), []int{90010, 93000, 0}, ""},
		{"a huge number", strings.Replace(message(""), `"MsgRandom":1`, `"MsgRandom":1e400`, 1), []int{90005}, ""},
		{"a number over 32 bits", strings.Replace(message(""), `"MsgSeq":1`, `"MsgSeq":4294967296`, 1), []int{90004}, ""},
		{"a number of 10,000 digits", strings.Replace(message(""), `"MsgSeq":1`, `"MsgSeq":1`+strings.Repeat("0", 10_000), 1), []int{90004}, ""},
		{"a negative number", strings.Replace(message(""), `"MsgRandom":1`, `"MsgRandom":-1`, 1), []int{90005}, ""},
		{"a fraction", strings.Replace(message(""), `"MsgRandom":1`, `"MsgRandom":1.5`, 1), []int{90005}, ""},
		{"a coordinate that is out of range", body(`[{"MsgType":"TIMLocationElem","MsgContent":{"Desc":"","Latitude":1e999,"Longitude":0}}]`), []int{90010}, ""},
		{"an escaped NUL in a text", body(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a\u0000b"}}]`), []int{0}, ""},
		{"an escaped NUL in a user name", strings.Replace(message(""), `"bob"`, `"b\u0000b"`, 1), []int{90012}, ""},
		{"a NUL byte", strings.Replace(message(""), `"x"`, "\"\x00\"", 1), []int{90001, 60003}, ""},
		{"a user name of 33 bytes", strings.Replace(message(""), `"bob"`, `"`+strings.Repeat("b", 33)+`"`, 1), []int{90012}, ""},
		{"a user name that looks like a key of the table", strings.Replace(message(""), `"bob"`, `"bob~K#c#alice"`, 1), []int{90012}, ""},
		{"half a surrogate pair", body(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"\ud800"}}]`), []int{90001, 60003}, ""},
		{"unknown fields", message(`,"Foo":{"Bar":[1,2,3]},"__proto__":{"admin":true},"constructor":null`), []int{0}, ""},
		{"a field twice", `{"To_Account":"nobody","To_Account":"bob","MsgSeq":1,"MsgRandom":1,"MsgBody":[` + one + `]}`, []int{90001, 60003}, ""},
		{"another user as the sender in the body", message(`,"From_Account":"alice"`), []int{0}, ""},
		{"field names in other case", strings.NewReplacer("To_Account", "to_account", "MsgBody", "MSGBODY").Replace(message("")), []int{90002}, ""},
		{"a string instead of a list", body(`"hello"`), []int{90007}, ""},
		{"null in every field", `{"To_Account":null,"MsgSeq":null,"MsgRandom":null,"MsgBody":null}`, []int{90005}, ""},
		{"custom data of 13 KB", message(`,"CloudCustomData":"` + strings.Repeat("c", 13<<10) + `"`), []int{93000}, ""},
		{"two JSON values", message("") + message(""), []int{90001, 60003}, "http"},
		{"a comment", "/* hi */" + message(""), []int{90001}, "http"},
		{"no body", "", []int{90001, 90005}, "http"},
		{"a byte order mark", "\ufeff" + message(""), []int{0}, "http"},
	} {
		fits := func(code int) bool {
			for _, want := range c.codes {
				if code == want {
					return true
				}
			}
			return false
		}
		status, text := s.post(t, "/client/message.send", c.body, http.Header{"Parley-Instance": {"bodies"}})
		var a answer
		if json.Unmarshal([]byte(text), &a) != nil || status != http.StatusOK || !fits(a.Code) {
			t.Errorf("%s over HTTP: got %d %.200s, want one of %v", c.name, status, text, c.codes)
		}
		if c.only == "http" {
			continue
		}
		before := len(eve.allFrames())
		if err := eve.write(deadline(t), `{"action":"message.send","id":"1","body":`+c.body+`}`); err != nil {
			t.Fatalf("%s over the WebSocket: %v", c.name, err)
		}
		eventually(t, c.name+": an answer", func() bool { return len(eve.allFrames()) > before })
		if f := eve.allFrames()[before]; f.Code == nil || !fits(*f.Code) {
			t.Errorf("%s over the WebSocket: got %.200s, want one of %v", c.name, f.raw, c.codes)
		}
	}
	if !eve.connected() {
		t.Error("the connection was closed")
	}
	for _, m := range s.witness.inbox.timeline("alice") {
		if strings.Contains(m.text(), "x") {
			t.Errorf("a message in the name of another user: %+v", m)
		}
	}
	s.witness.inbox.checkConsistent(t)
	s.checkServing(t, "hostile bodies")
}

// post makes an HTTP call as eve, with a body and headers.
func (s *liveness) post(t *testing.T, path, body string, header http.Header) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.http+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "Authorization": {fmt.Sprintf("UserSig %d eve %s", s.id, s.sign("eve"))},
	}
	for name, values := range header {
		if request.Header[name] = values; len(values) == 0 {
			request.Header.Del(name)
		}
	}
	status, text, err := send(request)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return status, string(text)
}

// TestHostileRequests sends HTTP requests with wrong headers, unusual paths and methods,
// and bytes that are not HTTP.
func TestHostileRequests(t *testing.T) {
	s := newLiveness(t)
	good := `{"To_Account":"bob","MsgSeq":1,"MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}]}`
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(good)); err != nil || w.Close() != nil {
		t.Fatal("gzip")
	}
	head := func(name string, values ...string) http.Header { return http.Header{name: values} }
	for _, c := range []struct {
		name, body string
		header     http.Header
		status     int
		code       int
	}{
		{"no content type", good, head("Content-Type"), 200, 0},
		{"the content type of a form", good, head("Content-Type", "application/x-www-form-urlencoded"), 200, 0},
		{"an invalid content type", good, head("Content-Type", ";;;"), 200, 0},
		{"another charset", good, head("Content-Type", "application/json; charset=utf-16"), 200, 0},
		{"a Content-Encoding of gzip, with plain JSON", good, head("Content-Encoding", "gzip"), 200, 0},
		{"a body that is compressed with gzip", packed.String(), head("Content-Encoding", "gzip"), 200, 90001},
		{"a body that is not UTF-8", "\xff\xfe{}", nil, 200, 90001},
		{"no Authorization", good, head("Authorization"), 401, 60004},
		{"an empty Authorization", good, head("Authorization", ""), 401, 60004},
		{"another scheme of Authorization", good, head("Authorization", "Bearer x"), 401, 60004},
		{"half a UserSig header", good, head("Authorization", "UserSig 1"), 401, 60004},
		{"an unknown application", good, head("Authorization", "UserSig 1 eve x"), 401, 60006},
		{"an invalid signature", good, head("Authorization", fmt.Sprintf("UserSig %d eve x", s.id)), 401, 70003},
		{"the signature of another user", good, head("Authorization", fmt.Sprintf("UserSig %d eve %s", s.id, s.sign("bob"))), 401, 70013},
		{"an empty Parley-Instance", good, head("Parley-Instance", ""), 200, 0},
		{"two Authorization headers", good, http.Header{"Authorization": {"UserSig 1 a b", "UserSig 2 c d"}}, 401, -1},
	} {
		status, text := s.post(t, "/client/message.send", c.body, c.header)
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil || status != c.status || (a.Code != c.code && c.code >= 0) {
			t.Errorf("%s: got %d %.200s, want %d and code %d", c.name, status, text, c.status, c.code)
		}
	}
	// Requests to the server API, and to paths and methods without a route.
	rest := "?" + s.query()
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		part                     string
	}{
		{"a body of 1 MB to the server API", "POST", "/v4/openim/sendmsg" + rest, `{"From_Account":"eve","To_Account":"bob","MsgRandom":1,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + strings.Repeat("y", 1<<20) + `"}}]}`, 200, `"ErrorCode":93000`},
		{"a body of 11 MB to the server API", "POST", "/v4/openim/sendmsg" + rest, strings.Repeat(" ", 11<<20), 413, "Too Large"},
		{"a GET", "GET", "/v4/openim/sendmsg" + rest, "", 200, `"ActionStatus":"FAIL"`},
		{"an unknown command", "POST", "/v4/openim/nothing" + rest, "{}", 200, `"ErrorCode":60009`},
		{"no signature", "POST", "/v4/openim/sendmsg", "{}", 200, `"ErrorCode":60012`},
		{"an unknown action", "POST", "/client/message.shout", "{}", 200, `"code":60009`},
		{"an encoded letter in the path", "POST", "/v4/%6fpenim/sendmsg" + rest, "{}", 200, `"ErrorCode":9000`},
		{"an encoded dot in the path", "POST", "/client/message%2esend", "{}", 401, `"code":60004`},
		{"an encoded slash in the path", "POST", "/v4/openim%2fsendmsg" + rest, "{}", 200, `"ErrorCode"`},
		{"two slashes", "POST", "/v4//openim/sendmsg" + rest, "{}", 200, `"ErrorCode":60009`},
		{"a path with ..", "POST", "/client/../v4/openim/sendmsg" + rest, "{}", 200, `"code":60009`},
		{"a path with encoded ..", "POST", "/client/%2e%2e/operator/app.list", "{}", 200, `"code":60009`},
		{"an encoded NUL in the path", "POST", "/client/message.send%00", "{}", 200, `"code":60009`},
		{"a path with .. to a file", "GET", "/../../../../etc/passwd", "", 404, ""},
		{"a path with encoded .. to a file", "GET", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "", 404, ""},
		{"a slash at the end", "POST", "/client/session.sync/", "{}", 200, `"code":60009`},
		{"a path without a route", "GET", "/nowhere", "", 404, "Not Found"},
		{"an unknown method", "BREW", "/client/session.sync", "", 200, `"code":60009`},
		{"sdkappid twice: the first one counts", "POST", "/v4/openim/sendmsg" + rest + "&sdkappid=1", "{}", 200, `"ErrorCode":90005`},
		{"a malformed query", "POST", "/v4/openim/sendmsg?sdkappid=%zz&;&=&&identifier=%", "{}", 200, `"ErrorCode"`},
		{"an operator call without a signature", "POST", "/operator/app.list", "{}", 0, ""},
	} {
		request := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			c.method, c.path, host(t, s.http), len(c.body), c.body)
		status, text := exchange(t, s.http, request)
		if c.status == 0 {
			if status >= 500 {
				t.Errorf("%s: got %d %.200s", c.name, status, text)
			}
			continue
		}
		if status != c.status || !strings.Contains(text, c.part) {
			t.Errorf("%s: got %d %.200s, want %d with %s", c.name, status, text, c.status, c.part)
		}
	}
	// Bytes that are not HTTP, incomplete requests, and attempts at request smuggling are
	// refused, or the connection is closed.
	line := "POST /client/session.sync HTTP/1.1\r\nHost: x\r\n"
	for _, c := range []struct{ name, request string }{
		{"bytes that are not HTTP", "hello\r\n\r\n"},
		{"a header without a value", line + "Authorization\r\n\r\n"},
		{"a header without a name", line + ": x\r\n\r\n"},
		{"a folded header", line + "A: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
		{"100 KB of headers", line + "A: " + strings.Repeat("a", 100<<10) + "\r\nContent-Length: 0\r\n\r\n"},
		{"two different Content-Lengths", line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"},
		{"Content-Length and Transfer-Encoding", line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"an invalid chunk", line + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
		{"a negative Content-Length", line + "Content-Length: -1\r\n\r\n"},
		{"NUL in a header", line + "A: \x00\r\n\r\n"},
		{"no Host", "POST /client/session.sync HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"a TLS handshake", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n"},
	} {
		for _, address := range []string{s.http, s.socket} {
			if status, text := exchange(t, address, c.request); status >= 500 || status >= 200 && status < 300 && !strings.Contains(text, "code") {
				t.Errorf("%s to %s: got %d %.200s", c.name, address, status, text)
			}
		}
	}
	// A request whose body never comes does not block other requests.
	waiting := dialTCP(t, s.http)
	waiting.writeBytes(t, []byte(line+"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	s.checkServing(t, "hostile requests")
}

// TestHostileHandshakes sends invalid handshakes. They are refused with an HTTP status.
func TestHostileHandshakes(t *testing.T) {
	s := newLiveness(t)
	text := handshake(t, s.newDevice("eve", "Web", "shake"))
	path := strings.SplitN(text, " ", 3)[1]
	change := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("the handshake has no %q", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"no Upgrade header", change("Upgrade: websocket\r\n", ""), 426},
		{"an upgrade to another protocol", change("Upgrade: websocket", "Upgrade: h2c"), 426},
		{"an old version of the protocol", change("Version: 13", "Version: 8"), 426},
		{"no Sec-WebSocket-Key", change("Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n", ""), 400},
		{"a Sec-WebSocket-Key that is too short", change("MDEyMzQ1Njc4OWFiY2RlZg==", "abc"), 400},
		{"the method POST", change("GET ", "POST "), 426},
		{"the path of another stage", change(path, "/nowhere?a=b"), 403},
		{"a path below the stage", change(path, strings.Replace(path, "?", "/more?", 1)), 403},
		{"a path that is encoded twice", change(path, "/%252e%252e/"), 403},
		{"no query", change(path, strings.SplitN(path, "?", 2)[0]), 401},
		{"a malformed query", change(path, strings.SplitN(path, "?", 2)[0]+"?identifier=%zz&sdkappid=%"), 403},
		{"a query of 7 KB", change(path, path+"&x="+strings.Repeat("x", 7<<10)), 101},
	} {
		if status, answer := exchange(t, s.socket, c.request); status != c.status {
			t.Errorf("%s: got %d %.200s, want %d", c.name, status, answer, c.status)
		}
	}
	s.checkServing(t, "hostile handshakes")
}
