// Package gateway is API Gateway on one machine: an HTTP API with payload
// format 2.0, a WebSocket API and its @connections endpoint. It reads its
// routes from the templates and asks Invoke for everything a function does.
//
// It promises what a client or a function can see of the service: the events,
// the order of routes, the limits, the status codes and close codes. It does
// not check signatures, throttle or count money.
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
	// MaxBody is the largest body of a request to the HTTP API.
	MaxBody = 10 << 20
	// MaxEvent is the largest event a function takes in a synchronous call.
	MaxEvent = 6 << 20
	// MaxFrame is the largest WebSocket frame a client may send.
	MaxFrame = 32 << 10
	// MaxMessage is the largest message in either direction.
	MaxMessage = 128 << 10
	// DefaultIdle is how long a connection may be silent.
	DefaultIdle = 10 * time.Minute
	// DefaultLife is how long a connection may last.
	DefaultLife = 2 * time.Hour
)

// A Result is the answer of a function.
type Result struct {
	// Payload is the JSON that the function returned, or its error document
	// {"errorMessage", "errorType"} when Failed.
	Payload []byte
	// Failed says that the function ended with an error, a crash or its own
	// timeout: what Lambda tells with the header X-Amz-Function-Error.
	Failed bool
}

// An Invoke calls the function with this Handler and waits for its answer. An
// error means that no function answered: it could not be started, or ctx
// ended. Invoke returns soon after ctx ends; whether the function runs on, as
// it does on Lambda, is its own affair.
type Invoke func(ctx context.Context, function string, payload []byte) (Result, error)

// Options say what a Gateway serves. The zero value of every field but Invoke
// works.
type Options struct {
	// HTTP and Socket are the two APIs as the templates declare them.
	HTTP, Socket template.API
	// Invoke calls functions. It is called from many goroutines.
	Invoke Invoke
	// Region stands in ARNs, "us-east-1" when empty.
	Region string
	// Account stands in ARNs and events, template.Account when empty.
	Account string
	// Idle and Life bound a connection, DefaultIdle and DefaultLife when zero.
	Idle, Life time.Duration
	// Limits, when not nil, is asked again and again for the limits of this
	// moment. What it leaves zero is taken from Idle and Life.
	Limits func() fault.Limits
	// Faults, when not nil, decides what becomes of each post.
	Faults fault.Posts
	// Fallback, when not nil, is asked for what no route of the HTTP API
	// matches, before the answer is 404.
	Fallback http.Handler
	// Frames is how many messages of one connection are in functions at the
	// same time, 16 when zero. Further ones wait in the socket.
	Frames int
	// Queue is how many bytes may wait for a slow client before it is cut,
	// 1 MB when zero.
	Queue int
	// WriteTimeout is how long one write to a client may take before the
	// client is cut, 5 s when zero.
	WriteTimeout time.Duration
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// Log is told what a developer must know: malformed answers, failed
	// authorizers. Nil is silence. Posts are never logged.
	Log *slog.Logger
}

// Counters say what a Gateway has done since it was made.
type Counters struct {
	// Open is how many connections are open now.
	Open int64
	// Connections is how many were opened.
	Connections int64
	// Requests is how many requests of the HTTP API reached a function.
	Requests int64
	// Messages is how many messages came from clients.
	Messages int64
	// Posts is how many posts to connections were accepted.
	Posts int64
	// Gone is how many posts were answered with 410.
	Gone int64
	// Slow is how many connections were cut because the client did not read.
	Slow int64
}

// A Gateway serves one HTTP API and one WebSocket API. Make it with New and
// end it with Close.
type Gateway struct {
	options Options
	log     *slog.Logger
	routes  httpRoutes
	sockets map[string]*template.SocketRoute
	path    []string // of the route selection expression, below the body

	table   table
	running sync.WaitGroup // sockets, handshakes and disconnect calls
	mu      sync.Mutex     // guards closed against a late running.Add
	closed  bool
	stop    chan struct{}

	connections, requests, messages, posts, gone, slow atomic.Int64
}

// New makes a Gateway. It listens nowhere: the caller serves HTTP and Socket
// where it likes.
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
	if o.HTTP.Stage == "" {
		o.HTTP.Stage = defaultStage
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &Gateway{
		options: o,
		log:     log,
		routes:  newHTTPRoutes(o.HTTP.HTTP),
		sockets: map[string]*template.SocketRoute{},
		path:    selection(o.Socket.RouteSelection),
		stop:    make(chan struct{}),
	}
	g.table.open = map[string]*conn{}
	for i := range o.Socket.Socket {
		r := &o.Socket.Socket[i]
		g.sockets[r.Key] = r
	}
	g.running.Add(1)
	go g.watch()
	return g
}

// HTTP serves the HTTP API.
func (g *Gateway) HTTP() http.Handler { return http.HandlerFunc(g.serveHTTP) }

// Socket serves the WebSocket API: the upgrade under /{stage} and the posts
// under /{stage}/@connections/{id}. Its server must leave connections to it
// (no HTTP/2), and its read and write timeouts end with the handshake.
func (g *Gateway) Socket() http.Handler { return http.HandlerFunc(g.serveSocket) }

// Counters returns the counts of this moment.
func (g *Gateway) Counters() Counters {
	return Counters{
		Open:        int64(g.table.len()),
		Connections: g.connections.Load(),
		Requests:    g.requests.Load(),
		Messages:    g.messages.Load(),
		Posts:       g.posts.Load(),
		Gone:        g.gone.Load(),
		Slow:        g.slow.Load(),
	}
}

// Close cuts every connection with close code 1001 and refuses new ones. It
// waits for the $disconnect calls, but no longer than ctx. Only the first call
// does anything.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	first := !g.closed
	g.closed = true
	g.mu.Unlock()
	if !first {
		return nil
	}
	close(g.stop)
	for _, c := range g.table.shut() {
		c.shut(goingAway)
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

// begin registers a piece of work that Close waits for. It is false once the
// Gateway is closed.
func (g *Gateway) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running.Add(1)
	return true
}

// call invokes a function with the timeout of its integration.
func (g *Gateway) call(function string, timeout, standard int, payload []byte) (Result, error) {
	if timeout <= 0 {
		timeout = standard
	}
	// Not the context of the request: a client that leaves does not end the
	// function, neither here nor on AWS.
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeout)*time.Millisecond)
	defer cancel()
	result, err := g.options.Invoke(ctx, function, payload)
	if err == nil && ctx.Err() != nil {
		// The gateway stopped waiting, so an answer that came late is lost.
		err = ctx.Err()
	}
	return result, err
}
