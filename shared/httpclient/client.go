// Package httpclient is a client of HTTP/1.1 (RFC 9112) for the calls that the program makes all
// the time: of DynamoDB, of SQS, and posts to connections. It makes a request and reads its answer
// in the goroutine of the caller, and a request costs hardly any memory. The Transport of net/http
// has two goroutines for each connection, which wake each other for each request, and a map for
// the headers (docs/adr/0045-http-client.md).
//
// A Client has one host. It keeps connections open, and the deadline of a request bounds it. It
// follows no redirects, uses no proxy, stores no cookies, speaks no HTTP/2, decompresses nothing,
// and a request and its answer are in memory as a whole.
//
// If a server closes a kept connection before any byte of an answer came, the request is sent again,
// once, over a new connection. A server closes a connection that was idle for too long, without
// knowing that a request is on its way. Example: Lambda freezes the function for five minutes, and
// DynamoDB closes its connections meanwhile.
package httpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Options are the settings of a Client. All are needed but TLS.
type Options struct {
	TLS         *tls.Config   // nil: that of the standard library, with the roots of the system
	ConnectTime time.Duration // how long it may take to open a connection, and again for its TLS handshake
	IdleTime    time.Duration // how long a connection may be idle before it is used no more
	MaxIdle     int           // how many idle connections are kept
	MaxHeader   int           // bytes of the status line and the headers of an answer, and of its trailers
	MaxBody     int           // bytes of the body of an answer
}

// Client makes requests to one host. It is safe for concurrent use.
type Client struct {
	options Options
	host    string      // the header Host
	address string      // with a port
	tls     *tls.Config // nil: no TLS

	mu   sync.Mutex
	idle []*conn // the one that was used last is the last
}

// New returns a Client for the host of an address, whose scheme is "http" or "https". It sends
// nothing. The path of the address is not used.
func New(address *url.URL, o Options) *Client {
	c := &Client{options: o, host: address.Host, address: address.Host}
	port := "80"
	if address.Scheme == "https" {
		port, c.tls = "443", &tls.Config{MinVersion: tls.VersionTLS12}
		if o.TLS != nil {
			c.tls = o.TLS.Clone()
		}
		if c.tls.ServerName == "" {
			c.tls.ServerName = address.Hostname()
		}
		c.tls.NextProtos = []string{"http/1.1"}
	}
	if address.Port() == "" {
		c.address = net.JoinHostPort(address.Hostname(), port)
	}
	return c
}

// A Request is what is sent. The Client reads it only.
type Request struct {
	Method string
	Path   string // with the query, escaped
	// Header is the lines of the headers, each with "\r\n" at its end. Host, Content-Length and
	// Connection are not among them.
	Header []byte
	Body   []byte
	// Deadline bounds the request and its answer, if it is earlier than that of the context.
	Deadline time.Time
	// Discard says that nobody needs the body of the answer.
	Discard bool
}

// Do sends a request and reads its answer into a Response. It fails if there is no complete answer.
// If its time is over, the error is context.DeadlineExceeded, and if the context is cancelled,
// context.Canceled; in both cases the connection is closed.
func (c *Client) Do(ctx context.Context, request *Request, response *Response) error {
	response.reset()
	if err := check(request); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("http: %w", err)
	}
	deadline := request.Deadline
	if d, ok := ctx.Deadline(); ok && (deadline.IsZero() || d.Before(deadline)) {
		deadline = d
	}
	if kept := c.takeIdle(); kept != nil {
		err := c.exchange(ctx, kept, deadline, request, response)
		if err == nil || response.began || !closed(err) || ctx.Err() != nil {
			return result(ctx, deadline, err)
		}
	}
	fresh, err := c.connect(ctx, deadline)
	if err == nil {
		err = c.exchange(ctx, fresh, deadline, request, response)
	}
	return result(ctx, deadline, err)
}

// check refuses a request whose first line would not be one line of three words.
func check(request *Request) error {
	for _, text := range [...]string{request.Method, request.Path} {
		for i := range len(text) {
			if text[i] <= ' ' || text[i] == 0x7f {
				return errors.New("http: the method or the path of the request is not escaped")
			}
		}
	}
	if request.Method == "" || request.Path == "" {
		return errors.New("http: the request has no method or no path")
	}
	return nil
}

// result returns the error of Do.
func result(ctx context.Context, deadline time.Time, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("http: %w (%w)", ctx.Err(), err)
	case isOver(deadline):
		return fmt.Errorf("http: %w (%w)", context.DeadlineExceeded, err)
	}
	return fmt.Errorf("http: %w", err)
}

// isOver reports whether a deadline, if there is one, has passed.
func isOver(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }

// closed reports whether an error is that of a connection that the server has closed.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// A conn is a connection. One request at a time uses it.
type conn struct {
	net.Conn
	raw    net.Conn // without TLS
	in     reader
	out    []byte    // memory for a request
	idleAt time.Time // when it became idle
	cancel func()    // ends what is waiting for the connection
}

const (
	// A connection has firstBuffer bytes for answers at first. Most answers fit.
	firstBuffer = 4 << 10
	// largestKept is the most memory for requests that an idle connection keeps.
	largestKept = 64 << 10
	// largestJoined is the largest body that is copied behind its headers, so that both are sent at
	// once.
	largestJoined = 16 << 10
)

// connect opens a connection.
func (c *Client) connect(ctx context.Context, deadline time.Time) (*conn, error) {
	dialer := net.Dialer{Timeout: c.options.ConnectTime, Deadline: deadline}
	raw, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, c.connectError(deadline, err)
	}
	made := &conn{Conn: raw, raw: raw}
	if c.tls != nil {
		secure := tls.Client(raw, c.tls)
		end := time.Now().Add(c.options.ConnectTime)
		if !deadline.IsZero() && deadline.Before(end) {
			end = deadline
		}
		if err = raw.SetDeadline(end); err == nil {
			err = secure.HandshakeContext(ctx)
		}
		if err != nil {
			_ = raw.Close()
			return nil, c.connectError(deadline, err)
		}
		made.Conn = secure
	}
	made.in = reader{source: made.Conn, buffer: make([]byte, firstBuffer), maxHeader: c.options.MaxHeader, maxBody: c.options.MaxBody}
	// A deadline in the past ends all reads and writes. It closes nothing, so it may come too late.
	made.cancel = func() { _ = raw.SetDeadline(time.Unix(1, 0)) }
	return made, nil
}

// connectError returns the error of a connection that was not opened. If it took too long, that is
// not the end of the request's time: another try may succeed.
func (c *Client) connectError(deadline time.Time, err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && !isOver(deadline) {
		return fmt.Errorf("no connection within %s: %s", c.options.ConnectTime, err.Error())
	}
	return err
}

// exchange sends a request over a connection and reads its answer. Then the connection is idle, or
// closed.
func (c *Client) exchange(ctx context.Context, over *conn, deadline time.Time, request *Request, response *Response) error {
	err := over.raw.SetDeadline(deadline)
	if err != nil {
		_ = over.Close()
		return err
	}
	var stop func() bool
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, over.cancel)
	}
	response.Sent++
	keep, err := over.roundTrip(c.host, request, response)
	if stop != nil && !stop() {
		keep = false // cancel has begun, and may come later
	}
	if err != nil || !keep || !c.putIdle(over) {
		_ = over.Close()
	}
	return err
}

// roundTrip sends a request and reads its answer. keep says that the connection can be used again.
func (c *conn) roundTrip(host string, request *Request, response *Response) (keep bool, err error) {
	sent := c.send(host, request)
	var timeout net.Error
	if errors.As(sent, &timeout) && timeout.Timeout() {
		return false, sent
	}
	// A server may refuse a request and close the connection before it has read all of it. Then its
	// answer is there, although the rest could not be sent.
	keep, err = c.in.answer(request, response)
	if err != nil && sent != nil {
		err = sent
	}
	return keep && sent == nil, err
}

// send writes a request.
func (c *conn) send(host string, request *Request) error {
	b := c.out[:0]
	b = append(b, request.Method...)
	b = append(b, ' ')
	b = append(b, request.Path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, host...)
	b = append(b, "\r\n"...)
	b = append(b, request.Header...)
	if len(request.Body) > 0 || request.Method == "POST" || request.Method == "PUT" {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(request.Body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	rest := request.Body
	if len(rest) <= largestJoined {
		b, rest = append(b, rest...), nil
	}
	if c.out = b; cap(b) > largestKept {
		c.out = nil
	}
	_, err := c.Write(b)
	if err == nil && len(rest) > 0 {
		_, err = c.Write(rest)
	}
	return err
}

// checkedAfter is how long a connection is idle before the Client asks whether the server has closed
// it. That is one system call.
const checkedAfter = time.Second

// takeIdle returns an idle connection, the one that was used last; nil if there is none.
func (c *Client) takeIdle() *conn {
	for {
		c.mu.Lock()
		if len(c.idle) == 0 {
			c.mu.Unlock()
			return nil
		}
		last := len(c.idle) - 1
		taken := c.idle[last]
		c.idle[last] = nil
		c.idle = c.idle[:last]
		c.mu.Unlock()
		idle := wallTime().Sub(taken.idleAt)
		if idle < c.options.IdleTime && (idle < checkedAfter || isOpen(taken.raw)) {
			return taken
		}
		_ = taken.Close()
	}
}

// wallTime returns the time of the clock on the wall. The monotonic clock of a machine may stand still
// while the machine sleeps, and servers close connections meanwhile.
func wallTime() time.Time { return time.Now().Round(0) }

// putIdle keeps a connection, if there is room for it. It closes those that have been idle for too
// long. Time passes only for a Client that is used: an unused one keeps its connections until the
// server closes them, and no goroutine waits for that.
func (c *Client) putIdle(used *conn) bool {
	now := wallTime()
	used.idleAt = now
	c.mu.Lock()
	old := 0
	for old < len(c.idle) && now.Sub(c.idle[old].idleAt) >= c.options.IdleTime {
		_ = c.idle[old].Close()
		old++
	}
	if old > 0 {
		c.idle = append(c.idle[:0], c.idle[old:]...)
	}
	kept := len(c.idle) < c.options.MaxIdle
	if kept {
		c.idle = append(c.idle, used)
	}
	c.mu.Unlock()
	return kept
}

// CloseIdle closes the idle connections.
func (c *Client) CloseIdle() {
	c.mu.Lock()
	list := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, one := range list {
		_ = one.Close()
	}
}
