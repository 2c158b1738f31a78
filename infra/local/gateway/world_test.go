package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/infra/local/template"
)

// patience is how long a test waits for a condition. It is long because the machine
// may be busy with other work.
const patience = 2 * time.Minute

// A function is a Lambda function in the test's own process.
type function func(ctx context.Context, event map[string]any) (any, error)

// errCrash makes Invoke report a failed function with this message.
type errCrash string

func (e errCrash) Error() string { return string(e) }

// errNoFunction makes Invoke itself fail.
var errNoFunction = errors.New("no such function")

// A world is a gateway on real sockets. Its functions run in this process.
type world struct {
	*testing.T
	gateway   *Gateway
	http      *httptest.Server
	socket    *httptest.Server
	functions map[string]function
	events    map[string]chan map[string]any
}

// newWorld starts a gateway. If the Options have no WebSocket API, it is that of
// socketAPI.
func newWorld(t *testing.T, o Options, functions map[string]function) *world {
	t.Helper()
	w := &world{T: t, functions: functions, events: map[string]chan map[string]any{}}
	for name := range functions {
		w.events[name] = make(chan map[string]any, 10000)
	}
	o.Invoke = w.invoke
	if o.Socket.Socket == nil {
		o.Socket = socketAPI(functions)
	}
	w.gateway = New(o)
	w.http = httptest.NewServer(w.gateway.HTTP())
	w.socket = httptest.NewServer(w.gateway.Socket())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.gateway.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		w.http.Close()
		w.socket.Close()
	})
	return w
}

// socketAPI returns an API with a route for each function: $authorizer, $connect and so
// on, and actions. Actions whose name begins with "two." are two-way.
func socketAPI(functions map[string]function) template.API {
	a := template.API{ID: "wsapi", Stage: "dev", WebSocket: true, RouteSelection: "$request.body.action"}
	connect := template.SocketRoute{Key: "$connect"}
	for name := range functions {
		switch name {
		case "$connect":
			connect.Function = name
		case "$authorizer":
			connect.Authorizer = name
		default:
			a.Socket = append(a.Socket, template.SocketRoute{Key: name, Function: name,
				TwoWay: strings.HasPrefix(name, "two.") || name == "$default"})
		}
	}
	a.Socket = append(a.Socket, connect,
		template.SocketRoute{Key: "p", Mock: &template.Mock{}},
		template.SocketRoute{Key: "pp", Mock: &template.Mock{Response: `{"event":"pong"}`}, TwoWay: true},
		template.SocketRoute{Key: "ppp", Mock: &template.Mock{Response: `{"event":"pong"}`}})
	return a
}

func (w *world) invoke(ctx context.Context, name string, payload []byte) (Result, error) {
	f := w.functions[name]
	if f == nil {
		return Result{}, errNoFunction
	}
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		w.Errorf("event of %s: %v", name, err)
	}
	w.events[name] <- event
	answer, err := f(ctx, event)
	var crash errCrash
	switch {
	case errors.As(err, &crash):
		b, _ := json.Marshal(map[string]string{"errorMessage": string(crash), "errorType": "Error"})
		return Result{Payload: b, Failed: true}, nil
	case err != nil:
		return Result{}, err
	}
	if raw, ok := answer.(json.RawMessage); ok {
		return Result{Payload: raw}, nil
	}
	b, err := json.Marshal(answer)
	return Result{Payload: b}, err
}

// event waits for the next event of a function.
func (w *world) event(name string) map[string]any {
	w.Helper()
	select {
	case e := <-w.events[name]:
		return e
	case <-time.After(patience):
		w.Fatalf("%s was not called", name)
		return nil
	}
}

func (w *world) url() string { return w.socket.URL + "/dev" }

// dial opens a connection.
func (w *world) dial(options *websocket.DialOptions) *websocket.Conn {
	w.Helper()
	c, r, err := websocket.Dial(w.context(), w.url(), options)
	if err != nil {
		w.Fatalf("dial: %v (%v)", err, r)
	}
	c.SetReadLimit(1 << 20)
	w.Cleanup(func() { c.CloseNow() })
	return c
}

func (w *world) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.Cleanup(cancel)
	return ctx
}

// dialID opens a connection and returns its id.
func (w *world) dialID() (*websocket.Conn, string) {
	w.Helper()
	c := w.dial(nil)
	return c, requestContext(w.event("$connect"))["connectionId"].(string)
}

func requestContext(event map[string]any) map[string]any {
	return event["requestContext"].(map[string]any)
}

func (w *world) write(c *websocket.Conn, text string) {
	w.Helper()
	if err := c.Write(w.context(), websocket.MessageText, []byte(text)); err != nil {
		w.Fatalf("write: %v", err)
	}
}

func (w *world) read(c *websocket.Conn) string {
	w.Helper()
	_, b, err := c.Read(w.context())
	if err != nil {
		w.Fatalf("read: %v", err)
	}
	return string(b)
}

// closed reads until the connection ends and returns its close code, or -1 if there was
// no close frame. It may be called from any goroutine.
func (w *world) closed(c *websocket.Conn) websocket.StatusCode {
	w.Helper()
	ctx := w.context()
	for {
		_, _, err := c.Read(ctx)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			w.Errorf("the connection did not end: %v", err)
		}
		return websocket.CloseStatus(err)
	}
}

// refused dials, expects that the gateway refuses, and returns the status and body.
func (w *world) refused(options *websocket.DialOptions) (int, string) {
	w.Helper()
	c, r, err := websocket.Dial(w.context(), w.url(), options)
	if err == nil {
		c.CloseNow()
		w.Fatal("the connection was accepted")
	}
	if r == nil {
		w.Fatalf("no answer: %v", err)
	}
	b, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(b)
}

// request sends a request to a URL and returns the response and its body.
func (w *world) request(method, url, body string, headers ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.context(), method, url, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatalf("%s %s: %v", method, url, err)
	}
	return res, string(b)
}

// connection sends a request to the @connections endpoint.
func (w *world) connection(method, id, body string) (*http.Response, string) {
	w.Helper()
	return w.request(method, w.url()+"/@connections/"+strings.ReplaceAll(id, "=", "%3D"), body)
}

// until waits for a condition.
func (w *world) until(what string, f func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// ok is a function that returns status 200.
func ok(context.Context, map[string]any) (any, error) {
	return map[string]any{"statusCode": 200}, nil
}

// answer returns a function that always returns the same value.
func answer(v any) function {
	return func(context.Context, map[string]any) (any, error) { return v, nil }
}

// crash returns a function that fails with a message.
func crash(message string) function {
	return func(context.Context, map[string]any) (any, error) { return nil, errCrash(message) }
}

// hang is a function that never returns before its context ends.
func hang(ctx context.Context, _ map[string]any) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// echo is a function that returns the body of its event.
func echo(_ context.Context, e map[string]any) (any, error) {
	return map[string]any{"statusCode": 200, "body": e["body"]}, nil
}

// policy returns an authorizer that returns an effect and a context.
func policy(effect, resource string, values map[string]any) function {
	return answer(map[string]any{
		"principalId": "alice",
		"policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}}},
		"context": values,
	})
}

// at returns the value at a path of keys in nested JSON as text, and "<none>" if there is
// no value.
func at(v any, path ...string) string {
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return "<none>"
		}
		if v, ok = m[key]; !ok {
			return "<none>"
		}
	}
	if f, ok := v.(float64); ok {
		return fmt.Sprintf("%.0f", f)
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}
