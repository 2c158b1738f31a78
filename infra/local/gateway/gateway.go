// Package gateway is a local API Gateway: an HTTP API with payload format 2.0, a
// WebSocket API, and the @connections endpoint of the WebSocket API. Its routes come
// from the templates. It calls functions through Options.Invoke.
//
// For clients and functions it behaves like API Gateway: the events, the order of
// routes, the limits, the status codes and the close codes are the same. It does not
// check signatures and does not throttle.
package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"parley/infra/local/fault"
	"parley/infra/local/template"
)

// The limits of the service that templates cannot change.
const (
	// MaxBody is the largest body of a request to the HTTP API, in bytes.
	MaxBody = 10 << 20
	// MaxEvent is the largest event of a synchronous invocation, in bytes.
	MaxEvent = 6 << 20
	// MaxFrame is the largest WebSocket frame, in bytes.
	MaxFrame = 32 << 10
	// MaxMessage is the largest WebSocket message in either direction, in bytes.
	MaxMessage = 128 << 10
	// DefaultIdle is how long a connection may be open without a message.
	DefaultIdle = 10 * time.Minute
	// DefaultLife is how long a connection may be open.
	DefaultLife = 2 * time.Hour
)

// A Result is what an invocation of a function returned.
type Result struct {
	// Payload is the JSON that the function returned. If Failed, it is the error
	// document {"errorMessage", "errorType"}.
	Payload []byte
	// Failed says that the function returned an error, crashed or timed out. Lambda
	// says this with the header X-Amz-Function-Error.
	Failed bool
}

// An Invoke invokes the function with the given Handler and waits for the result. An
// error means that there is no result: the function could not be started, or ctx
// ended. Invoke returns soon after ctx has ended; the function may go on running, as
// on Lambda.
type Invoke func(ctx context.Context, function string, payload []byte) (Result, error)

// Options say what a Gateway serves. Only Invoke must be set.
type Options struct {
	// HTTP and Socket are the APIs as the templates declare them. The HTTP APIs have one
	// address: the one that has a route for a request serves it.
	HTTP   []template.API
	Socket template.API
	// Invoke calls functions. It is called from many goroutines.
	Invoke Invoke
	// Region is the region in ARNs. Default "us-east-1".
	Region string
	// Account is the account id in ARNs and events. Default template.Account.
	Account string
	// Idle and Life are how long a connection may be idle and open. Defaults
	// DefaultIdle and DefaultLife.
	Idle, Life time.Duration
	// Limits, if not nil, is called again and again and returns the limits that
	// hold now. Where it returns zero, Idle and Life hold.
	Limits func() fault.Limits
	// Faults, if not nil, decides what happens to each post.
	Faults fault.PostDecider
	// Fallback, if not nil, serves the requests that no route of the HTTP API
	// matches. Else they are answered with 404.
	Fallback http.Handler
	// Frames is how many messages of one connection functions handle at the same
	// time. Default 16. Further messages of the connection wait.
	Frames int
	// Queue is how many bytes may wait for a client that reads slowly. If there
	// are more, its connection is closed. Default 1 MB.
	Queue int
	// WriteTimeout is how long one write to a client may take. If it takes longer,
	// the connection is closed. Default 5 s.
	WriteTimeout time.Duration
	// Now returns the time. Default time.Now.
	Now func() time.Time
	// Log receives what a developer must know, such as a malformed response of a
	// function. If it is nil, nothing is logged. Posts are never logged.
	Log *slog.Logger
}

// Counters say what a Gateway has done since New.
type Counters struct {
	// Open is how many connections are open now.
	Open int64
	// Connections is how many connections were opened.
	Connections int64
	// Requests is how many requests of the HTTP API were given to a function.
	Requests int64
	// Messages is how many messages clients have sent.
	Messages int64
	// Posts is how many posts to connections were accepted.
	Posts int64
	// Gone is how many posts were answered with 410.
	Gone int64
	// Slow is how many connections were closed because the client did not read.
	Slow int64
}

// A Gateway serves one HTTP API and one WebSocket API. New returns one, and Close
// ends it.
type Gateway struct {
	options       Options
	log           *slog.Logger
	http          []httpAPI
	socketRoutes  map[string]*template.SocketRoute // by key
	selectionPath []string                         // of the route selection expression, within the body

	registry registry
	running  sync.WaitGroup // connections, handshakes, $disconnect invocations, endExpired
	mu       sync.Mutex     // so that no running.Add follows Close
	closed   bool
	stop     chan struct{} // closed by Close

	connections, requests, messages, posts, gone, slow atomic.Int64
}

// New returns a Gateway. It does not listen: the caller serves the handlers HTTP and
// Socket.
func New(o Options) *Gateway {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = template.Account
	}
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Life <= 0 {
		o.Life = DefaultLife
	}
	if o.Frames <= 0 {
		o.Frames = 16
	}
	if o.Queue <= 0 {
		o.Queue = 1 << 20
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		options:       o,
		log:           log,
		http:          newHTTPAPIs(o.HTTP),
		socketRoutes:  map[string]*template.SocketRoute{},
		selectionPath: parseSelection(o.Socket.RouteSelection),
		stop:          make(chan struct{}),
	}
	g.registry.open = map[string]*connection{}
	for i := range o.Socket.Socket {
		r := &o.Socket.Socket[i]
		g.socketRoutes[r.Key] = r
	}
	g.running.Add(1)
	go g.endExpired()
	return g
}

// HTTP serves the HTTP API.
func (g *Gateway) HTTP() http.Handler { return http.HandlerFunc(g.serveHTTP) }

// Socket serves the WebSocket API: the upgrade at /{stage} and the posts at
// /{stage}/@connections/{id}. The server must allow hijacking, so it must not use
// HTTP/2. Its read and write timeouts hold until the handshake is done.
func (g *Gateway) Socket() http.Handler { return http.HandlerFunc(g.serveSocket) }

// Counters returns the counts so far.
func (g *Gateway) Counters() Counters {
	return Counters{
		Open:        int64(g.registry.len()),
		Connections: g.connections.Load(),
		Requests:    g.requests.Load(),
		Messages:    g.messages.Load(),
		Posts:       g.posts.Load(),
		Gone:        g.gone.Load(),
		Slow:        g.slow.Load(),
	}
}

// Close closes every connection with close code 1001 and refuses new ones. It waits
// for the $disconnect invocations until ctx ends. Only the first call has an effect.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	first := !g.closed
	g.closed = true
	g.mu.Unlock()
	if !first {
		return nil
	}
	close(g.stop)
	for _, c := range g.registry.close() {
		c.close(goingAway)
	}
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beginWork registers work that Close must wait for. The caller must call
// running.Done. It returns false if the Gateway is closed.
func (g *Gateway) beginWork() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running.Add(1)
	return true
}

// call invokes a function with the timeout of its integration, in ms. If that is 0,
// defaultTimeout holds.
func (g *Gateway) call(function string, timeout, defaultTimeout int, payload []byte) (Result, error) {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	// The context is not the one of the request: if the client leaves, the function
	// goes on, here and on AWS.
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeout)*time.Millisecond)
	defer cancel()
	result, err := g.options.Invoke(ctx, function, payload)
	if err == nil && ctx.Err() != nil {
		// The result came after the timeout, so it is not used.
		err = ctx.Err()
	}
	return result, err
}
