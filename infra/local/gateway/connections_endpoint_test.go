package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/coder/websocket"

	"parley/infra/local/fault"
)

func TestPostGetDelete(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok, "$disconnect": ok})
	c, id := w.dialID()
	if r, body := w.connection("POST", id, "hello ü"); r.StatusCode != 200 || body != "" {
		t.Errorf("POST: got %d %q, want 200 and nothing", r.StatusCode, body)
	}
	if got := w.read(c); got != "hello ü" {
		t.Errorf("got %q, want hello ü", got)
	}
	r, body := w.connection("GET", id, "")
	for _, want := range []string{`"connectedAt":"`, `"lastActiveAt":"`, `"sourceIp":"127.0.0.1"`} {
		if r.StatusCode != 200 || !strings.Contains(body, want) {
			t.Errorf("GET: got %d %s, want %s in it", r.StatusCode, body, want)
		}
	}
	code := make(chan websocket.StatusCode, 1)
	go func() { code <- w.closed(c) }()
	if r, _ := w.connection("DELETE", id, ""); r.StatusCode != 204 {
		t.Errorf("DELETE: got %d, want 204", r.StatusCode)
	}
	if got := <-code; got != websocket.StatusNormalClosure {
		t.Errorf("close code: got %d, want 1000", got)
	}
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1000" {
		t.Errorf("disconnectStatusCode: got %s, want 1000", got)
	}
	for _, method := range []string{"POST", "GET", "DELETE"} {
		r, body := w.connection(method, id, "x")
		if r.StatusCode != 410 || body != `{"message":null}` || r.Header.Get("x-amzn-ErrorType") != "GoneException" {
			t.Errorf("%s after the end: got %d %s %v, want 410", method, r.StatusCode, body, r.Header)
		}
	}
	if got := w.gateway.Counters(); got.Posts != 1 || got.Gone != 3 || got.Open != 0 || got.Connections != 1 {
		t.Errorf("counters: got %+v", got)
	}
}

func TestPostAcceptsUpTo128KB(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	for _, n := range []int{0, 1, 125, 126, MaxFrame, MaxFrame + 1, 65535, 65536, MaxMessage} {
		want := strings.Repeat("x", n)
		if r, body := w.connection("POST", id, want); r.StatusCode != 200 {
			t.Errorf("%d bytes: got %d %s, want 200", n, r.StatusCode, body)
			continue
		}
		if got := w.read(c); got != want {
			t.Errorf("%d bytes: got %d", n, len(got))
		}
	}
	r, _ := w.connection("POST", id, strings.Repeat("x", MaxMessage+1))
	if r.StatusCode != 413 || r.Header.Get("x-amzn-ErrorType") != "PayloadTooLargeException" {
		t.Errorf("over 128 KB: got %d %v, want 413", r.StatusCode, r.Header)
	}
	for n, want := range map[int]int{100: 200, MaxMessage + 1: 413} {
		q, _ := http.NewRequest("POST", w.url()+"/@connections/"+id, strings.NewReader(strings.Repeat("y", n)))
		q.ContentLength = -1 // chunked
		res, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d bytes chunked: got %d, want %d", n, res.StatusCode, want)
		}
	}
	if got := w.read(c); got != strings.Repeat("y", 100) {
		t.Errorf("chunked: got %d bytes", len(got))
	}
	if r, _ := w.connection("POST", id, "\xff"); r.StatusCode != 400 {
		t.Errorf("not UTF-8: got %d, want 400", r.StatusCode)
	}
	if r, _ := w.connection("PUT", id, "x"); r.StatusCode != 403 {
		t.Errorf("PUT: got %d, want 403", r.StatusCode)
	}
}

func TestConnectionIsGoneUntilConnectReturns(t *testing.T) {
	release := make(chan struct{})
	w := newWorld(t, Options{}, map[string]function{"$connect": func(context.Context, map[string]any) (any, error) {
		<-release
		return map[string]any{"statusCode": 200}, nil
	}})
	opened, ctx := make(chan *websocket.Conn, 1), w.context()
	go func() {
		c, _, err := websocket.Dial(ctx, w.url(), nil)
		if err != nil {
			t.Errorf("dial: %v", err)
		}
		opened <- c
	}()
	id := at(w.event("$connect"), "requestContext", "connectionId")
	for _, method := range []string{"POST", "GET", "DELETE"} {
		if r, _ := w.connection(method, id, "early"); r.StatusCode != 410 {
			t.Errorf("%s before $connect returned: got %d, want 410", method, r.StatusCode)
		}
	}
	close(release)
	c := <-opened
	if c == nil {
		return
	}
	defer c.CloseNow()
	// The client has the answer to its handshake, so a post must find the connection.
	if r, _ := w.connection("POST", id, "late"); r.StatusCode != 200 {
		t.Errorf("POST after the handshake: got %d, want 200", r.StatusCode)
	}
	if got := w.read(c); got != "late" {
		t.Errorf("got %q, want late", got)
	}
}

func TestAWSSDKCanUseTheEndpoint(t *testing.T) {
	w := newWorld(t, Options{}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	api := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint: aws.String(w.url()), Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	})
	if _, err := api.PostToConnection(w.context(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: []byte("sdk")}); err != nil {
		t.Errorf("post: %v", err)
	}
	if got := w.read(c); got != "sdk" {
		t.Errorf("got %q, want sdk", got)
	}
	got, err := api.GetConnection(w.context(), &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
	if err != nil || got.Identity == nil || aws.ToString(got.Identity.SourceIp) != "127.0.0.1" || time.Since(aws.ToTime(got.LastActiveAt)) > time.Minute || got.ConnectedAt == nil {
		t.Errorf("get: got %+v, %v", got, err)
	}
	code := make(chan websocket.StatusCode, 1)
	go func() { code <- w.closed(c) }()
	if _, err := api.DeleteConnection(w.context(), &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id}); err != nil {
		t.Errorf("delete: %v", err)
	}
	if got := <-code; got != websocket.StatusNormalClosure {
		t.Errorf("close code: got %d, want 1000", got)
	}
	_, err = api.PostToConnection(w.context(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: []byte("sdk")})
	if !isType[*types.GoneException](err) {
		t.Errorf("post to the gone: got %v, want GoneException", err)
	}
}

func TestConcurrentPostsKeepTheOrderOfEachSender(t *testing.T) {
	const connections, senders, each = 8, 4, 50
	w := newWorld(t, Options{}, map[string]function{"$connect": ok})
	var clients []*websocket.Conn
	var ids []string
	for range connections {
		c, id := w.dialID()
		clients, ids = append(clients, c), append(ids, id)
	}
	var wait sync.WaitGroup
	for s := range senders {
		wait.Go(func() {
			for n := range each {
				for _, id := range ids {
					r, err := http.Post(w.url()+"/@connections/"+id, "text/plain", strings.NewReader(fmt.Sprintf("%d %d", s, n)))
					if err != nil || r.StatusCode != 200 {
						t.Errorf("post: got %v %v, want 200", r, err)
						return
					}
					r.Body.Close()
				}
			}
		})
	}
	ctx := w.context()
	for _, c := range clients {
		wait.Go(func() {
			next := map[string]int{}
			for range senders * each {
				_, b, err := c.Read(ctx)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				s, n, _ := strings.Cut(string(b), " ")
				// A sender waits for each answer, so its posts must arrive in order.
				if fmt.Sprint(next[s]) != n {
					t.Errorf("sender %s: got %s, want %d", s, n, next[s])
				}
				next[s]++
			}
		})
	}
	wait.Wait()
}

func TestSlowClientIsClosedAndDoesNotDelayOthers(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
	}{
		{"by the size of its queue", Options{Queue: 256 << 10, WriteTimeout: time.Hour}},
		{"by the write timeout", Options{Queue: 1 << 40, WriteTimeout: 300 * time.Millisecond}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.options, map[string]function{"$connect": ok, "$disconnect": ok})
			slow := w.raw() // a client that never reads
			slow.Conn.(*net.TCPConn).SetReadBuffer(4096)
			slowID := at(w.event("$connect"), "requestContext", "connectionId")
			c, id := w.dialID()
			body := strings.Repeat("x", MaxMessage)
			w.until("the slow client is gone", func() bool {
				start := time.Now()
				r, _ := w.connection("POST", slowID, body)
				if d := time.Since(start); d > patience {
					t.Errorf("a post took %v", d)
				}
				if other, _ := w.connection("POST", id, "x"); other.StatusCode != 200 || w.read(c) != "x" {
					t.Fatal("a post to another client was not delivered")
				}
				return r.StatusCode == 410
			})
			if got := at(w.event("$disconnect"), "requestContext", "connectionId"); got != slowID {
				t.Errorf("disconnected: got %s, want %s", got, slowID)
			}
			if got := w.gateway.Counters().Slow; got != 1 {
				t.Errorf("slow: got %d, want 1", got)
			}
		})
	}
}

// verdicts returns one verdict after the other.
type verdicts chan fault.Verdict

func (v verdicts) Decide(_, _ string) fault.Verdict { return <-v }

func TestPostsFollowTheVerdictsOfTheInjector(t *testing.T) {
	v := make(verdicts, 10)
	w := newWorld(t, Options{Faults: v}, map[string]function{"$connect": ok, "$disconnect": ok})
	c, id := w.dialID()
	post := func(body string, verdict fault.Verdict, want int) *http.Response {
		t.Helper()
		v <- verdict
		r, _ := w.connection("POST", id, body)
		if r.StatusCode != want {
			t.Errorf("%s: got %d, want %d", body, r.StatusCode, want)
		}
		return r
	}
	post("dropped", fault.Verdict{Drop: true}, 200)
	if r := post("throttled", fault.Verdict{Status: 429}, 429); r.Header.Get("x-amzn-ErrorType") != "LimitExceededException" {
		t.Errorf("429: got %v", r.Header)
	}
	post("failed", fault.Verdict{Status: 500}, 500)
	if r := post("gone", fault.Verdict{Status: 410}, 410); r.Header.Get("x-amzn-ErrorType") != "GoneException" {
		t.Errorf("410: got %v", r.Header)
	}
	post("late", fault.Verdict{Delay: 300 * time.Millisecond}, 200)
	post("twice", fault.Verdict{Repeat: 1}, 200)
	for _, want := range []string{"twice", "twice", "late"} {
		if got := w.read(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	post("last", fault.Verdict{Cut: true}, 200)
	if got := w.read(c); got != "last" {
		t.Errorf("got %q, want last", got)
	}
	if got := w.closed(c); got != -1 {
		t.Errorf("cut: got close code %d, want none", got)
	}
	if got := at(w.event("$disconnect"), "requestContext", "disconnectStatusCode"); got != "1006" {
		t.Errorf("disconnectStatusCode: got %s, want 1006", got)
	}
	post("after", fault.Verdict{}, 410)
}

func TestCutAndDropCloseWithoutDelivery(t *testing.T) {
	v := make(verdicts, 1)
	w := newWorld(t, Options{Faults: v}, map[string]function{"$connect": ok})
	c, id := w.dialID()
	v <- fault.Verdict{Cut: true, Drop: true}
	w.connection("POST", id, "x")
	if _, b, err := c.Read(w.context()); err == nil {
		t.Errorf("got %q, want the end", b)
	}
}

func isType[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
