package gateway

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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/shared/clock"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var (
	day             = time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC)
	testCredentials = aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token+/="}
)

// provider returns a provider of fixed credentials.
func provider(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// dayClock always shows the same day.
type dayClock struct{ clock.System }

// Now implements clock.Clock.
func (dayClock) Now() time.Time { return day }

func newClient(tb testing.TB, endpoint string, c aws.Credentials) *Client {
	tb.Helper()
	client, err := New(Options{Endpoint: endpoint, Region: "eu-central-1", Credentials: provider(c), Clock: dayClock{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.pool.CloseIdle)
	return client
}

// trust makes a client trust the certificate of a test server.
func (c *Client) trust(config *tls.Config) {
	c.pool = newPool(c.base, c.concurrency, config)
}

// TestStatusBecomesAnError: each status of an answer becomes its error. The test server
// computes the signature of each post again and compares it. It runs without TLS, and
// with TLS and HTTP/2 enabled, which the client must not use.
func TestStatusBecomesAnError(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.ProtoMajor != 1 {
			t.Errorf("protocol: got %s, want HTTP/1.1", r.Proto)
		}
		want := reference(t, "http://"+r.Host+r.RequestURI, body, testCredentials, "eu-central-1", day)
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("signature:\ngot  %s\nwant %s", got, want)
		}
		if key, ok := r.Header["Idempotency-Key"]; ok {
			t.Errorf("Idempotency-Key: got %q, want none", key)
		}
		status := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/local/@connections/c%d=", &status)
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = io.WriteString(w, `{"message":"why"}`)
		}
	})
	plain := httptest.NewServer(handler)
	defer plain.Close()
	secure := httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()

	for _, server := range []*httptest.Server{plain, secure} {
		client := newClient(t, server.URL+"/local", testCredentials)
		if server == secure {
			client.trust(&tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
		}
		for code, want := range map[int]error{
			200: nil, 204: nil, 410: ErrGone, 429: ErrThrottled, 413: ErrTooLarge, 403: ErrForbidden,
			302: &StatusError{302}, 400: &StatusError{400}, 500: &StatusError{500}, 503: &StatusError{503},
		} {
			err := client.Post(t.Context(), fmt.Sprintf("c%d=", code), NewFrame([]byte("frame")))
			if !errors.Is(err, want) {
				t.Errorf("%s: status %d: got %v, want %v", server.URL, code, err, want)
			}
			if errors.Is(err, &StatusError{502}) || code != http.StatusForbidden && errors.Is(err, ErrForbidden) {
				t.Errorf("%s: status %d: got %v, which matches another error as well", server.URL, code, err)
			}
		}
	}
}

// script is a server that reads a request, over any connection, and does its next step.
type script struct {
	net.Listener
	accepted, requests atomic.Int64
}

// A step of a script: the text that is written, and whether the connection is closed after
// it.
type step struct {
	answer string
	close  bool
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

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
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					n := int(s.requests.Add(1)) - 1
					if n >= len(steps) {
						return
					}
					_, _ = io.WriteString(conn, steps[n].answer)
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

// TestPostIsRepeatedIfAnIdleConnectionWasClosed: a server may close an idle connection at
// any moment. The post is sent again over a new connection, once, and only if no byte of
// an answer came.
func TestPostIsRepeatedIfAnIdleConnectionWasClosed(t *testing.T) {
	type counts struct{ accepted, requests, sent int64 }
	for _, test := range []struct {
		name  string
		steps []step
		fails []bool // for each post, whether it fails
		want  counts
	}{
		{"an idle connection is closed: the post is repeated", []step{{answer: ok}, {close: true}, {answer: ok}}, []bool{false, false}, counts{2, 3, 3}},
		{"the new connection is closed as well: the post fails", []step{{answer: ok}, {close: true}, {close: true}, {answer: ok}}, []bool{false, true}, counts{2, 3, 3}},
		{"a connection that was not idle is closed: the post fails", []step{{close: true}, {answer: ok}}, []bool{true}, counts{1, 1, 1}},
		{"a part of the status line came: the post fails", []step{{answer: ok}, {"HTTP/1.1 2", true}, {answer: ok}}, []bool{false, true}, counts{1, 2, 2}},
		{"a part of the headers came: the post fails", []step{{answer: ok}, {"HTTP/1.1 200 OK\r\nContent-Le", true}, {answer: ok}}, []bool{false, true}, counts{1, 2, 2}},
		{"a part of the body came: the status counts", []step{{answer: ok}, {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", true}}, []bool{false, false}, counts{1, 2, 2}},
		{"the answer is not HTTP: the post fails", []step{{answer: ok}, {"220 mail.example ESMTP\r\n\r\n", true}, {answer: ok}}, []bool{false, true}, counts{1, 2, 2}},
		{"the headers are too long: the post fails", []step{{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2*maxAnswer), false}}, []bool{true}, counts{1, 1, 1}},
		{"the server says that it closes the connection: the next post opens one", []step{{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true}, {answer: ok}}, []bool{false, false}, counts{2, 2, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newScript(t, test.steps...)
			client := newClient(t, server.address(), testCredentials)
			var sent atomic.Int64
			client.options.OnSent = func(_ context.Context, n int) { sent.Add(int64(n)) }
			start := time.Now()
			for i, fails := range test.fails {
				if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); (err != nil) != fails {
					t.Errorf("post %d: got %v, want an error: %t", i, err, fails)
				}
			}
			if took := time.Since(start); took > postTimeout/2 {
				t.Errorf("took %v: only the deadline ended it", took)
			}
			if got := (counts{server.accepted.Load(), server.requests.Load(), sent.Load()}); got != test.want {
				t.Errorf("accepted, requests, sent: got %v, want %v", got, test.want)
			}
		})
	}
}

// TestPostIsRepeatedOnceIfThePoolIsDead: all idle connections may be dead, for example
// after Lambda has frozen the function. Each post is repeated once over a new
// connection, and not over one connection of the pool after the other.
func TestPostIsRepeatedOnceIfThePoolIsDead(t *testing.T) {
	var mu sync.Mutex
	var closeOld, closeNew bool
	var requests int
	old := map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		requests++
		dead := closeOld && (old[r.RemoteAddr] || closeNew)
		mu.Unlock()
		if dead {
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
			return
		}
		time.Sleep(5 * time.Millisecond) // so that each post of PostAll has a connection of its own
	}))
	// A connection that was opened and then not needed is in the pool as well.
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew && !closeOld {
			old[conn.RemoteAddr().String()] = true
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, server.URL, testCredentials)
	client.PostAll(t.Context(), slices.Repeat([]string{"c"}, 32), []byte("x"))
	mu.Lock()
	closeOld, requests = true, 0
	idle := len(old)
	mu.Unlock()
	if idle < 8 {
		t.Fatalf("idle connections: got %d, want at least 8", idle)
	}
	// The new connection of the first post is kept, and used for the second one.
	for i, want := range []int{2, 1, 2} {
		fails := i == 2
		mu.Lock()
		closeNew, requests = fails, 0
		mu.Unlock()
		if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); (err != nil) != fails {
			t.Errorf("post %d: got %v, want an error: %t", i, err, fails)
		}
		mu.Lock()
		if requests != want {
			t.Errorf("post %d: got %d requests, want %d", i, requests, want)
		}
		mu.Unlock()
	}
}

// TestNoPostFailsIfIdleConnectionsAreClosed: no post fails if the server closes its idle
// connections between posts.
func TestNoPostFailsIfIdleConnectionsAreClosed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }))
	defer server.Close()
	client := newClient(t, server.URL, testCredentials)
	for range 300 {
		if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
}

// TestPostEndsAtTheDeadline: a post fails at the deadline of its context if the server does
// not answer, or answers only a part.
func TestPostEndsAtTheDeadline(t *testing.T) {
	for name, answer := range map[string]string{"no answer": "", "a part of an answer": "HTTP/1.1 200 OK\r\n"} {
		server := newScript(t, step{answer: answer})
		client := newClient(t, server.address(), testCredentials)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := client.Post(ctx, "c", NewFrame([]byte("x"))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want the deadline", name, err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// TestNothingIsSent: without a connection id, with a context that is done, or without
// credentials, nothing is sent and OnSent is not called.
func TestNothingIsSent(t *testing.T) {
	server := newScript(t)
	client := newClient(t, server.address(), testCredentials)
	client.options.OnSent = func(_ context.Context, n int) { t.Errorf("sent: got %d, want no call", n) }
	if err := client.Post(t.Context(), "", NewFrame([]byte("x"))); err == nil {
		t.Error("no connection id: got nil, want an error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range client.PostAll(ctx, []string{"a", "b", "c"}, []byte("x")) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v, want context.Canceled", err)
		}
	}
	client.PostAll(t.Context(), nil, []byte("x"))
	want := errors.New("no role")
	client.options.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, want })
	if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); !errors.Is(err, want) {
		t.Errorf("credentials: got %v, want %v", err, want)
	}
	if got := server.accepted.Load(); got != 0 {
		t.Errorf("connections: got %d, want 0", got)
	}
}

// TestPostAll: each connection gets one post and has its own error, and no more posts than
// its concurrency are in flight.
func TestPostAll(t *testing.T) {
	var mu sync.Mutex
	var inFlight, highest int
	bodies := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		inFlight++
		highest = max(highest, inFlight)
		bodies[string(bytes.TrimSpace(body))+r.URL.Path]++
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		inFlight--
		mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "7") {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	for _, limit := range []int{1, 8, 128} {
		highest, bodies = 0, map[string]int{}
		var calls, sent int
		client, err := New(Options{
			Endpoint: server.URL, Region: "r", Credentials: provider(testCredentials),
			OnSent: func(_ context.Context, n int) { calls++; sent += n },
		})
		if err != nil {
			t.Fatal(err)
		}
		client.concurrency = limit
		var to []string
		for i := range 300 {
			to = append(to, fmt.Sprintf("c%d", i))
		}
		for i, err := range client.PostAll(t.Context(), to, []byte("frame")) {
			if wantGone := strings.HasSuffix(to[i], "7"); errors.Is(err, ErrGone) != wantGone || (err != nil) != wantGone {
				t.Errorf("%s: got %v, want gone: %t", to[i], err, wantGone)
			}
		}
		if len(bodies) != len(to) || calls != 1 || sent != len(to) {
			t.Errorf("got %d targets, %d calls of OnSent, %d sent, want %d, 1, %d", len(bodies), calls, sent, len(to), len(to))
		}
		if highest > limit {
			t.Errorf("in flight: got %d, want at most %d", highest, limit)
		}
		client.pool.CloseIdle()
	}
}

// TestConnectionsAreReused: many posts need no more connections than the pool keeps idle.
func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Millisecond)
		w.WriteHeader(http.StatusGone)
		_, _ = io.WriteString(w, `{"message":"gone"}`)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, server.URL, testCredentials)
	to := slices.Repeat([]string{"c"}, 500)
	for range 3 {
		client.PostAll(t.Context(), to, []byte("x"))
	}
	if got := opened.Load(); got > int64(2*client.concurrency) {
		t.Errorf("connections of 1500 posts: got %d, want at most %d", got, 2*client.concurrency)
	}
}

// TestConcurrencyByMemory shows how many posts a function of some memory has in flight.
func TestConcurrencyByMemory(t *testing.T) {
	for memory, want := range map[int]int{0: 128, 16: 8, 128: 32, 256: 64, 512: 128, 10240: 128} {
		if got := concurrency(memory); got != want {
			t.Errorf("concurrency of %d MB: got %d, want %d", memory, got, want)
		}
	}
}

// TestNewRefusesBadOptions: New fails for a malformed endpoint, and without credentials.
// The error does not contain a password.
func TestNewRefusesBadOptions(t *testing.T) {
	for _, endpoint := range []string{
		"", "local", "://x", "ftp://host/s", "http://", "http://:80", "http://u:secret@h/s", "http://h/s?q", "http://h/s#f", "http://h//s", "http://h/a%20b", "http://h/a%2Fb",
	} {
		if _, err := New(Options{Endpoint: endpoint, Credentials: provider(testCredentials)}); err == nil {
			t.Errorf("endpoint %q: got nil, want an error", endpoint)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("endpoint %q: got %v, which contains the password", endpoint, err)
		}
	}
	if _, err := New(Options{Endpoint: "http://h"}); err == nil {
		t.Error("no credentials: got nil, want an error")
	}
}
