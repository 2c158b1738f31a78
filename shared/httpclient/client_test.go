package httpclient

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// most is how long a test waits for what must happen. It is long, because the machine may be busy.
const most = time.Minute

func newClient(t testing.TB, address string, change ...func(*Options)) *Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{ConnectTime: most, IdleTime: most, MaxIdle: 16, MaxHeader: 16 << 10, MaxBody: 4 << 20}
	for _, c := range change {
		c(&o)
	}
	c := New(u, o)
	t.Cleanup(c.CloseIdle)
	return c
}

// A script is a server that does its next step for each request, over whatever connection it comes.
type script struct {
	net.Listener
	accepted, open, requests atomic.Int64
}

// A step is what a server writes for a request. If it closes, it closes the connection then.
type step struct {
	answer string
	close  bool
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func newScript(t *testing.T, steps ...step) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &script{Listener: l}
	go func() {
		for {
			over, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			s.open.Add(1)
			go func() {
				defer s.open.Add(-1)
				defer over.Close()
				for in := bufio.NewReader(over); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					n := int(s.requests.Add(1)) - 1
					if n >= len(steps) {
						return
					}
					_, _ = io.WriteString(over, steps[n].answer)
					if steps[n].close {
						return
					}
				}
			}()
		}
	}()
	return s
}

func (s *script) address() string { return "http://" + s.Addr().String() }

func post(body string) *Request {
	return &Request{Method: "POST", Path: "/", Header: []byte("X-Test: y\r\n"), Body: []byte(body)}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(most); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come: %s", what)
		}
	}
}

// TestRequestArrivesWhole: a server gets the method, the path, the headers and the body, over plain
// connections and over TLS, and HTTP/2 is not used.
func TestRequestArrivesWhole(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", fmt.Sprintf("%s %s %s %s %d %v %d", r.Method, r.RequestURI, r.Proto, r.Header.Get("X-Test"), r.ContentLength, r.TransferEncoding, len(r.Header)))
		_, _ = w.Write(body)
	})
	plain := httptest.NewServer(handler)
	defer plain.Close()
	secure := httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	trust := func(o *Options) {
		o.TLS = &tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	}
	for _, c := range []*Client{newClient(t, plain.URL), newClient(t, secure.URL, trust)} {
		var response Response
		for _, size := range []int{0, 1, 16 << 10, 16<<10 + 1, 1 << 20} {
			body := strings.Repeat("b", size)
			request := post(body)
			request.Path = "/a%2Fb?c=d"
			if err := c.Do(t.Context(), request, &response); err != nil {
				t.Fatal(err)
			}
			headers := 2 // X-Test and Content-Length
			if want := fmt.Sprintf("POST /a%%2Fb?c=d HTTP/1.1 y %d [] %d", size, headers); response.Get("x-seen") != want || response.Status != 200 || string(response.Body) != body {
				t.Errorf("%d bytes: got %d, %q and %d bytes, want %q", size, response.Status, response.Get("x-seen"), len(response.Body), want)
			}
		}
		if err := c.Do(t.Context(), &Request{Method: "DELETE", Path: "/"}, &response); err != nil || response.Get("X-Seen") != "DELETE / HTTP/1.1  0 [] 0" {
			t.Errorf("DELETE: got %q, %v", response.Get("X-Seen"), err)
		}
	}
	if err := newClient(t, secure.URL).Do(t.Context(), post(""), &Response{}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: got %v, want an error", err)
	}
}

// TestWhenARequestIsSentAgain: a server may close an idle connection at any moment. The request is
// sent again over a new one, once, and only if no byte of an answer came.
func TestWhenARequestIsSentAgain(t *testing.T) {
	type counts struct {
		accepted, requests int64
		sent               int // for the last request
	}
	for _, c := range []struct {
		name  string
		steps []step
		fails []bool // for each request
		want  counts
	}{
		{"a kept connection is used", []step{{answer: fine}, {answer: fine}}, []bool{false, false}, counts{1, 2, 1}},
		{"a kept connection is closed", []step{{answer: fine}, {close: true}, {answer: fine}}, []bool{false, false}, counts{2, 3, 2}},
		{"the new connection is closed as well", []step{{answer: fine}, {close: true}, {close: true}, {answer: fine}}, []bool{false, true}, counts{2, 3, 2}},
		{"a new connection is closed", []step{{close: true}, {answer: fine}}, []bool{true}, counts{1, 1, 1}},
		{"a byte came", []step{{answer: fine}, {"H", true}, {answer: fine}}, []bool{false, true}, counts{1, 2, 1}},
		{"a part of the headers came", []step{{answer: fine}, {"HTTP/1.1 200 OK\r\nContent-Le", true}, {answer: fine}}, []bool{false, true}, counts{1, 2, 1}},
		{"a part of the body came", []step{{answer: fine}, {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", true}, {answer: fine}}, []bool{false, true}, counts{1, 2, 1}},
		{"the answer is no HTTP", []step{{answer: fine}, {"220 mail.example ESMTP\r\n\r\n", false}, {answer: fine}}, []bool{false, true, false}, counts{2, 3, 1}},
		{"the server says that it closes the connection", []step{{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false}, {answer: fine}}, []bool{false, false}, counts{2, 2, 1}},
		{"the server sends more than an answer", []step{{fine + fine, false}, {answer: fine}}, []bool{false, false}, counts{2, 2, 1}},
		{"the headers are too large", []step{{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 17<<10), false}, {answer: fine}}, []bool{true, false}, counts{2, 2, 1}},
		{"the body is too large", []step{{"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", false}, {answer: fine}}, []bool{true, false}, counts{2, 2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newScript(t, c.steps...)
			client := newClient(t, server.address())
			var response Response
			for i, fails := range c.fails {
				if err := client.Do(t.Context(), post("x"), &response); (err != nil) != fails {
					t.Errorf("request %d: got %v, want an error: %t", i, err, fails)
				}
			}
			if got := (counts{server.accepted.Load(), server.requests.Load(), response.Sent}); got != c.want {
				t.Errorf("connections, requests, sent: got %v, want %v", got, c.want)
			}
		})
	}
}

// TestConnectionThatWasIdle: a connection that the server has closed, or that was idle for too long,
// is not used: the request is sent once.
func TestConnectionThatWasIdle(t *testing.T) {
	for _, c := range []struct {
		name           string
		answer         step
		idle           time.Duration
		want, requests int64
	}{
		{"it is open", step{answer: fine}, 2 * checkedAfter, 1, 2},
		{"it was closed", step{fine, true}, 2 * checkedAfter, 2, 2},
		{"it was idle for too long", step{answer: fine}, 2 * most, 2, 2},
	} {
		server := newScript(t, c.answer, step{answer: fine})
		client := newClient(t, server.address())
		var response Response
		if err := client.Do(t.Context(), post("x"), &response); err != nil {
			t.Fatal(err)
		}
		if c.answer.close {
			eventually(t, "the server has closed the connection", func() bool { return server.open.Load() == 0 && !isOpen(client.idle[0].raw) })
		}
		client.idle[0].idleAt = client.idle[0].idleAt.Add(-c.idle)
		if err := client.Do(t.Context(), post("x"), &response); err != nil || response.Sent != 1 {
			t.Errorf("%s: got %v, sent %d times, want once", c.name, err, response.Sent)
		}
		if got, requests := server.accepted.Load(), server.requests.Load(); got != c.want || requests != c.requests {
			t.Errorf("%s: got %d connections and %d requests, want %d and %d", c.name, got, requests, c.want, c.requests)
		}
	}
}

// TestTimeIsOver: a request ends at its deadline, at that of its context, and if the context is
// cancelled, at whatever point the server stops. Its connection is closed.
func TestTimeIsOver(t *testing.T) {
	for _, answer := range []string{"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "HTTP/1.1 200 OK\r\n\r\n{"} {
		for _, c := range []struct {
			name string
			want error
			do   func(*Client) error
		}{
			{"its deadline", context.DeadlineExceeded, func(c *Client) error {
				request := post("x")
				request.Deadline = time.Now().Add(20 * time.Millisecond)
				return c.Do(t.Context(), request, &Response{})
			}},
			{"the deadline of the context", context.DeadlineExceeded, func(c *Client) error {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				request := post("x")
				request.Deadline = time.Now().Add(most)
				return c.Do(ctx, request, &Response{})
			}},
			{"a cancelled context", context.Canceled, func(c *Client) error {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(20*time.Millisecond, cancel)
				return c.Do(ctx, post("x"), &Response{})
			}},
		} {
			server := newScript(t, step{answer: fine}, step{answer: answer})
			client := newClient(t, server.address())
			if err := client.Do(t.Context(), post("x"), &Response{}); err != nil {
				t.Fatal(err)
			}
			if err := c.do(client); !errors.Is(err, c.want) {
				t.Errorf("%s, after %q: got %v, want %v", c.name, answer, err, c.want)
			}
			if len(client.idle) > 0 || server.requests.Load() != 2 {
				t.Errorf("%s: %d idle connections and %d requests, want none and two", c.name, len(client.idle), server.requests.Load())
			}
			eventually(t, "the connection is closed", func() bool { return server.open.Load() == 0 })
		}
	}
}

// TestNothingIsSent: a request is not sent if its context has ended, if it is malformed, or if there
// is no server.
func TestNothingIsSent(t *testing.T) {
	server := newScript(t)
	client := newClient(t, server.address())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	response := Response{Status: 7}
	if err := client.Do(ended, post("x"), &response); !errors.Is(err, context.Canceled) || response.Sent != 0 || response.Status != 0 {
		t.Errorf("an ended context: got %v, %+v", err, response)
	}
	for _, request := range []*Request{{Method: "GET"}, {Path: "/"}, {Method: "GET", Path: "/ HTTP/1.1\r\nX: y"}, {Method: "G T", Path: "/"}} {
		if err := client.Do(t.Context(), request, &response); err == nil {
			t.Errorf("%+v: got no error", request)
		}
	}
	if server.accepted.Load() != 0 {
		t.Errorf("got %d connections, want none", server.accepted.Load())
	}
	_ = server.Close()
	if err := client.Do(t.Context(), post("x"), &response); err == nil || response.Sent != 0 {
		t.Errorf("no server: got %v, sent %d times", err, response.Sent)
	}
}

// TestConnectionTakesTooLong: a handshake that hangs ends after ConnectTime. That is not the end of
// the request's time.
func TestConnectionTakesTooLong(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0") // it never answers
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := newClient(t, "https://"+server.Addr().String(), func(o *Options) { o.ConnectTime = 20 * time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	if err := client.Do(ctx, post("x"), &Response{}); err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no connection within 20ms") {
		t.Errorf("got %v, want that there is no connection", err)
	}
}

// TestAnswerBeforeTheRequestIsRead: a server may refuse a large request and close the connection
// before it has read it.
func TestAnswerBeforeTheRequestIsRead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			over, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(over, make([]byte, 100))
			_, _ = io.WriteString(over, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
			_ = over.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, over)
			_ = over.Close()
		}
	}()
	client := newClient(t, "http://"+l.Addr().String())
	var response Response
	if err := client.Do(t.Context(), post(strings.Repeat("x", 3<<20)), &response); err != nil || response.Status != 413 {
		t.Errorf("got %d, %v, want 413", response.Status, err)
	}
}

// TestNothingLeaks: of many requests at once, some of which are cancelled, each gets its own answer,
// no more connections are kept than MaxIdle, and in the end there is neither a connection nor a
// goroutine more than before.
func TestNothingLeaks(t *testing.T) {
	var open atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.HasSuffix(body, []byte("7")) {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write(body)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		open.Add(map[http.ConnState]int64{http.StateNew: 1, http.StateClosed: -1}[state])
	}
	server.Start()
	defer server.Close()
	client := newClient(t, server.URL)
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	for worker := range 40 {
		group.Go(func() {
			var response Response
			var kept, text []byte
			for n := range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				body := strings.Repeat("x", n*(worker%7)*20) + fmt.Sprint(worker, n)
				if strings.HasSuffix(body, "7") {
					time.AfterFunc(time.Millisecond, cancel)
				}
				err := client.Do(ctx, post(body), &response)
				cancel()
				switch {
				case strings.HasSuffix(body, "7"):
					if !errors.Is(err, context.Canceled) {
						t.Errorf("got %v, want that it is cancelled", err)
					}
				case err != nil || string(response.Body) != body:
					t.Errorf("got %q, %v, want %q", response.Body, err, body)
				}
				if !bytes.Equal(kept, text) {
					t.Errorf("a body of before has changed: got %q, want %q", kept, text)
				}
				kept, text = response.Body, bytes.Clone(response.Body)
			}
		})
	}
	group.Wait()
	if len(client.idle) > 16 {
		t.Errorf("got %d idle connections, want 16 at most", len(client.idle))
	}
	eventually(t, "no connection but the idle ones", func() bool { return open.Load() == int64(len(client.idle)) })
	client.CloseIdle()
	eventually(t, "no connection", func() bool { return open.Load() == 0 })
	eventually(t, "no goroutine", func() bool { return runtime.NumGoroutine() <= before })
}

// BenchmarkPost compares a request with one over the Transport of net/http.
func BenchmarkPost(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"Attributes":{}}`)
	}))
	defer server.Close()
	body := bytes.Repeat([]byte("x"), 700)
	b.Run("httpclient", func(b *testing.B) {
		client := newClient(b, server.URL)
		request, response := &Request{Method: "POST", Path: "/", Body: body}, Response{}
		b.ReportAllocs()
		for b.Loop() {
			if err := client.Do(b.Context(), request, &response); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net/http", func(b *testing.B) {
		client := &http.Transport{DisableCompression: true}
		b.ReportAllocs()
		for b.Loop() {
			request, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
			answer, err := client.RoundTrip(request)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
	})
}
