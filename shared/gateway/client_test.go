package gateway

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
)

var day = time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC)

func provider(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

func newClient(tb testing.TB, endpoint string, c aws.Credentials) *Client {
	tb.Helper()
	client, err := New(Options{Endpoint: endpoint, Region: "eu-central-1", Credentials: provider(c), Now: func() time.Time { return day }})
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// reference signs a request that has arrived as the SDK would have.
func reference(tb testing.TB, r *http.Request, body []byte, c aws.Credentials) string {
	tb.Helper()
	again, err := http.NewRequest(http.MethodPost, "http://"+r.Host+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		tb.Fatalf("X-Amz-Date: %v", err)
	}
	hash := NewFrame(body).hash
	if err := v4.NewSigner().SignHTTP(tb.Context(), c, again, hash, "execute-api", "eu-central-1", at); err != nil {
		tb.Fatal(err)
	}
	return again.Header.Get("Authorization")
}

func TestSignatureIsTheSDKs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, stage := range []string{"", "/local", "/prod_1"} {
		var got *http.Request
		var body []byte
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
		}))
		for i := range 60 {
			c := aws.Credentials{AccessKeyID: fmt.Sprintf("AKID%d", i%3), SecretAccessKey: fmt.Sprintf("s/%d+", i%2)}
			if i%2 == 1 {
				c.SessionToken = "token/with+odd=chars"
			}
			id := make([]byte, 1+random.IntN(15))
			for j := range id {
				id[j] = byte(0x20 + random.IntN(0x5f))
			}
			connection := string(id)
			if i == 0 {
				connection = "L0SM9cOFvHcCIhw="
			}
			frame := bytes.Repeat([]byte{'x'}, random.IntN(300)+1)
			if err := newClient(t, server.URL+stage, c).Post(t.Context(), connection, NewFrame(frame)); err != nil {
				t.Fatalf("post to %q: %v", connection, err)
			}
			if !bytes.Equal(body, frame) {
				t.Fatalf("body of %q: got %d bytes, want %d", connection, len(body), len(frame))
			}
			if got, want := got.Header.Get("Authorization"), reference(t, got, body, c); got != want {
				t.Errorf("stage %q, connection %q\ngot  %s\nwant %s", stage, connection, got, want)
			}
		}
		server.Close()
	}
}

func TestRequestIsTheSDKs(t *testing.T) {
	type seen struct{ method, uri, host, body string }
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.RequestURI, r.Host, string(body)}
	}))
	defer server.Close()
	c := aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}
	endpoint := server.URL + "/local"
	sdk := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		Region: "eu-central-1", Credentials: provider(c), BaseEndpoint: &endpoint,
	})
	for _, connection := range []string{"L0SM9cOFvHcCIhw=", "a+b/c=", "plain", "with space"} {
		if _, err := sdk.PostToConnection(t.Context(), &apigatewaymanagementapi.PostToConnectionInput{
			ConnectionId: &connection, Data: []byte("frame"),
		}); err != nil {
			t.Fatal(err)
		}
		want := got
		if err := newClient(t, endpoint, c).Post(t.Context(), connection, NewFrame([]byte("frame"))); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("connection %q: got %+v, want %+v", connection, got, want)
		}
	}
}

func TestAnswers(t *testing.T) {
	status := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(<-status)
		_, _ = io.WriteString(w, `{"message":"why"}`)
	}))
	defer server.Close()
	client := newClient(t, server.URL, aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	for code, want := range map[int]error{200: nil, 410: ErrGone, 429: ErrThrottled, 413: ErrTooLarge, 403: ErrForbidden} {
		status <- code
		if got := client.Post(t.Context(), "c", NewFrame([]byte("x"))); !errors.Is(got, want) {
			t.Errorf("status %d: got %v, want %v", code, got, want)
		}
	}
	status <- 503
	var s *StatusError
	if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); !errors.As(err, &s) || s.Status != 503 {
		t.Errorf("status 503: got %v", err)
	}
}

// A server may close a kept connection at any moment; the post goes out on
// another one.
func TestKeptConnectionThatWasClosed(t *testing.T) {
	posts := 0
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		posts++
	}))
	defer server.Close()
	client := newClient(t, server.URL, aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	for range 3 {
		if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		server.CloseClientConnections()
	}
	if posts != 3 {
		t.Errorf("got %d posts, want 3", posts)
	}
}

func TestBrokenAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 2")
			_ = conn.Close()
		}
	}()
	client := newClient(t, "http://"+listener.Addr().String(), aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	if err := client.Post(t.Context(), "c", NewFrame([]byte("x"))); err == nil {
		t.Error("a broken answer counts as success")
	}
}

func TestDeadline(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	client := newClient(t, server.URL, aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := client.Post(ctx, "c", NewFrame([]byte("x"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func TestPostAllKeepsOrder(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "7") {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()
	client := newClient(t, server.URL, aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	var to []string
	for i := range 300 {
		to = append(to, fmt.Sprintf("c%d", i))
	}
	for i, err := range client.PostAll(t.Context(), to, []byte("frame")) {
		if want := strings.HasSuffix(to[i], "7"); errors.Is(err, ErrGone) != want || (err != nil) != want {
			t.Errorf("%s: got %v, gone %t", to[i], err, want)
		}
	}
}

func TestRareCalls(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gone") {
			w.Header().Set("x-amzn-ErrorType", "GoneException")
			w.WriteHeader(http.StatusGone)
			return
		}
		_, _ = io.WriteString(w, `{"lastActiveAt":"2026-03-01T12:00:00Z"}`)
	}))
	defer server.Close()
	client := newClient(t, server.URL+"/local", aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	if err := client.Disconnect(t.Context(), "gone"); !errors.Is(err, ErrGone) {
		t.Errorf("disconnect: got %v, want ErrGone", err)
	}
	if err := client.Disconnect(t.Context(), "there"); err != nil {
		t.Errorf("disconnect: got %v", err)
	}
	at, err := client.LastActive(t.Context(), "there")
	if want := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC); err != nil || !at.Equal(want) {
		t.Errorf("last active: got %v, %v, want %v", at, err, want)
	}
	if _, err := client.LastActive(t.Context(), "gone"); !errors.Is(err, ErrGone) {
		t.Errorf("last active: got %v, want ErrGone", err)
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	for _, endpoint := range []string{"", "local", "://x"} {
		if _, err := New(Options{Endpoint: endpoint}); err == nil {
			t.Errorf("endpoint %q is taken", endpoint)
		}
	}
}

func TestKeyChangesWithDayAndSecret(t *testing.T) {
	s := signer{region: "r"}
	first := hex.EncodeToString(s.signingKey("20260301", "a"))
	for _, other := range [][2]string{{"20260302", "a"}, {"20260301", "b"}} {
		if hex.EncodeToString(s.signingKey(other[0], other[1])) == first {
			t.Errorf("the key of %v is the first one", other)
		}
	}
	if hex.EncodeToString(s.signingKey("20260301", "a")) != first {
		t.Error("the key of the same day and secret is another")
	}
}
